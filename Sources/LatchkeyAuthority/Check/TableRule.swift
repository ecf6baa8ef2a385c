import LatchkeyStore

/// What the rows of one table must be, and what they imply in others. Each table has one, so that a check of a store leaves none out.
struct TableRule: Sendable {
    let table: any AnyTable
    /// Whether every row follows from rows of other tables: then what is wrong with it can be repaired.
    let isDerived: Bool
    let check: @Sendable (StoreChecker, borrowing WriteTransaction) throws -> Void

    init(
        _ table: any AnyTable, isDerived: Bool = false,
        _ check: @escaping @Sendable (StoreChecker, borrowing WriteTransaction) throws -> Void
    ) {
        self.table = table
        self.isDerived = isDerived
        self.check = check
    }

    /// In the order in which they are checked: what is derived from an index comes after it.
    static let all: [TableRule] = install + keyRing + apiKeys + identities + sessions + trust + audit + lineage + expiry
}
