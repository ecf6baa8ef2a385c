/// Prints a list as its pages arrive, so that memory does not grow with its length: a table, or one JSON document `{"data":[…]}` whose
/// elements are the daemon's own.
struct ListOutput {
    private let isJSON: Bool
    private var table: Table
    private var count = 0

    init(json: Bool, titles: [String], colour: @escaping ([String]) -> Colour? = { _ in nil }) throws(CommandFailure) {
        isJSON = json
        table = Table(titles, colour: colour)
        if isJSON { try Output.write(Array("{\"data\":[".utf8).span) }
    }

    mutating func print(_ page: [JSONValue], row: (JSONValue) -> [String]) throws(CommandFailure) {
        guard isJSON else { return try table.print(page.map(row)) }
        var bytes: [UInt8] = []
        for element in page {
            if count > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: Shown.json(element.raw))
            count += 1
        }
        try Output.write(bytes.span)
    }

    func finish() throws(CommandFailure) {
        if isJSON { try Output.line("]}") }
    }
}
