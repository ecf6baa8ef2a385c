extension DaemonClient {
    /// Prints a list page by page, see ``ListOutput``. Nothing is printed when the first page is refused.
    func printList(
        _ path: String, query: [(name: String, value: String?)] = [], limit: Int?, json: Bool, titles: [String],
        colour: @escaping ([String]) -> Colour? = { _ in nil }, row: (JSONValue) -> [String]
    ) async throws(CommandFailure) {
        var output: ListOutput?
        try await pages(path, query: query, limit: limit) { (page) throws(CommandFailure) in
            if output == nil { output = try ListOutput(json: json, titles: titles, colour: colour) }
            try output?.print(page, row: row)
        }
        try output?.finish()
    }
}
