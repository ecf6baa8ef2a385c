/// The row that makes an LMDB file a store: whose, of which version, who wrote it.
struct SchemaRow: JSONRecord, Equatable {
    static let version = 1
    static let tableName = "latchkey-schema"
    static let key = Array("schema".utf8)

    var application: String
    var schemaVersion: Int
    /// The version of the program that last opened the store for writing.
    var writer: String
    /// Seconds since 1970.
    var created: Int64
}
