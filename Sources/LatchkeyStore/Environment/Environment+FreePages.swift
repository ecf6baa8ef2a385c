import CLMDB

extension Environment {
    /// How many pages LMDB knows to be free inside the file; those that a snapshot pins are among them. 0 when it can't tell.
    var freePages: Int {
        guard let transaction = try? begin(readOnly: true) else { return 0 }
        defer { transaction.abort() }
        let view = TransactionView(transaction, self)
        var pages = 0
        // Table 0 is LMDB's own list of free pages: each value begins with the number of pages that it names.
        try? view.scan(0, ScanRange(prefix: [], from: nil, after: nil, descending: false), limit: .max) { _, value in
            var count = 0
            for index in 0..<min(value.count, 8) { count |= Int(value[index]) << (8 * index) }
            pages += count
            return true
        }
        return pages
    }
}
