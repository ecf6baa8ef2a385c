import LatchkeyStore

/// The seal that is in use, and whether there is one.
struct Sealing: Sendable {
    let seal: Seal?
    let state: SealState
    /// What is to be done about a master key that was found where it must not stay.
    var misplaced: String?
}

extension Authority {
    /// The seal, when it is the one that the store's records are sealed under at this moment; `nil` while it is closed.
    ///
    /// - Throws: `signing_unavailable` when the records have just been sealed anew.
    func currentSeal(in transaction: borrowing WriteTransaction) throws -> Seal? {
        guard let seal = sealing.seal else { return nil }
        guard let install = try transaction.get(Tables.install, InstallRecord.key), install.sealCheck == seal.check else {
            throw SignerProblem.told
        }
        return seal
    }
}
