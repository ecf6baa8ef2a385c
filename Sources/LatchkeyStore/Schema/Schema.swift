/// What a store of one application holds: its tables, the number of their form, and the way there from earlier forms.
package struct Schema: Sendable {
    /// A step from one version to the next. It may read and write all tables of the schema; all steps of one opening and the
    /// new version number become durable together or not at all.
    package typealias Migration = @Sendable (borrowing WriteTransaction) throws -> Void

    package let application: String
    /// From 1. Raise it with each change that an earlier program would not understand.
    package let version: Int
    /// The program's own version. It is kept in the store, to be named to a program that is too old for it.
    package let writer: String
    package let tables: [any AnyTable]
    /// `migrations[n]` takes a store from version n to n + 1.
    package let migrations: [Int: Migration]

    /// The tables' slots must be 0, 1, 2… in this order; names must be unique, not empty, and other than `latchkey-schema`.
    package init(
        application: String, version: Int, writer: String, tables: [any AnyTable], migrations: [Int: Migration] = [:]
    ) {
        precondition(version >= 1, "a schema's version starts at 1")
        precondition(tables.map(\.slot) == Array(0..<tables.count), "a schema's tables are listed by slot, without a gap")
        let names = Set(tables.map { Array($0.name.utf8) }).union([Array(SchemaRow.tableName.utf8), []])
        precondition(names.count == tables.count + 2, "a schema's table names are unique, not empty and not reserved")
        self.application = application
        self.version = version
        self.writer = writer
        self.tables = tables
        self.migrations = migrations
    }
}
