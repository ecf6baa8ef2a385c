/// Reads comma-separated values by the letter of RFC 4180, and takes nothing else.
enum CSVReader {
    struct Malformed: Error {
        let why: String
    }

    static func rows(_ text: String) throws -> [[String]] {
        let bytes = Array(text.utf8)
        var rows: [[String]] = []
        var row: [String] = []
        var position = 0
        while position < bytes.count {
            row.append(try cell(bytes, &position))
            guard position < bytes.count else { throw Malformed(why: "the last row has no end") }
            if bytes[position] == UInt8(ascii: ",") {
                position += 1
                continue
            }
            guard bytes[position...].starts(with: [13, 10]) else { throw Malformed(why: "a row does not end in CR LF") }
            position += 2
            rows.append(row)
            row = []
        }
        guard row.isEmpty else { throw Malformed(why: "the last row has no end") }
        if let width = rows.first?.count, let odd = rows.first(where: { $0.count != width }) {
            throw Malformed(why: "\(odd.count) cells instead of \(width)")
        }
        return rows
    }

    private static func cell(_ bytes: [UInt8], _ position: inout Int) throws -> String {
        var cell: [UInt8] = []
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            while position < bytes.count, bytes[position] != UInt8(ascii: ","), bytes[position] != 13, bytes[position] != 10 {
                guard bytes[position] != UInt8(ascii: "\"") else { throw Malformed(why: "a quote within a cell without quotes") }
                cell.append(bytes[position])
                position += 1
            }
            return String(decoding: cell, as: UTF8.self)
        }
        position += 1
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\"") {
                guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "\"") else {
                    position += 1
                    return String(decoding: cell, as: UTF8.self)
                }
                position += 1
            }
            cell.append(bytes[position])
            position += 1
        }
        throw Malformed(why: "a quoted cell has no end")
    }
}
