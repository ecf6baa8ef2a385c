/// Rows of a list. On a terminal they are aligned under a header; elsewhere each is one line of cells with tabs between, without a header.
struct Table {
    private let titles: [String]
    private let colour: ([String]) -> Colour?
    private var widths: [Int]
    private var hasHeader = false

    /// - Parameter colour: of a row, on a terminal.
    init(_ titles: [String], colour: @escaping ([String]) -> Colour? = { _ in nil }) {
        self.titles = titles
        self.colour = colour
        self.widths = titles.map(\.count)
    }

    /// Prints a page of rows. Columns only ever get wider, so later pages stay under the header where they can.
    mutating func print(_ rows: [[String]]) throws(CommandFailure) {
        // A tab is a control character: escaped, it can't be taken for the end of a cell.
        guard Output.isTerminal else {
            for row in rows { try Output.line(row.map { $0.isEmpty ? "-" : Shown.text($0) }.joined(separator: "\t")) }
            return
        }
        // No padding in a cell can move what follows to another line.
        let cells = rows.map { $0.map { $0.isEmpty ? "-" : Shown.squeezed($0) } }
        for row in cells {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        if !hasHeader {
            hasHeader = true
            let header = aligned(titles)
            try Output.line(Output.usesColour ? Colour.bold.painted(header) : header)
        }
        for row in cells {
            let line = aligned(row)
            try Output.line(Output.usesColour ? colour(row)?.painted(line) ?? line : line)
        }
    }

    private func aligned(_ row: [String]) -> String {
        var line = ""
        for (column, cell) in row.enumerated() {
            line += cell
            if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
        }
        return line
    }
}
