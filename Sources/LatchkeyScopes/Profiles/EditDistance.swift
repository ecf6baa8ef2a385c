/// How far apart two texts are.
enum EditDistance {
    /// The fewest bytes that have to be put in, left out or changed to make one of the other (Levenshtein's distance).
    static func between(_ one: String, _ other: String) -> Int {
        let columns = Array(other.utf8)
        var row = Array(0...columns.count)
        for (line, byte) in one.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, wanted) in columns.enumerated() {
                let changed = diagonal + (byte == wanted ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, diagonal + 1, row[column] + 1)
            }
        }
        return row[columns.count]
    }
}
