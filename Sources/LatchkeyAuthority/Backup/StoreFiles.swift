/// The files of a store's directory.
enum StoreFiles {
    static let names = ["data.mdb", "lock.mdb", "latchkey.lock"]

    /// Their paths, and behind them the directory's: the order in which all can be removed.
    static func paths(in directory: String) -> [String] { names.map { "\(directory)/\($0)" } + [directory] }
}
