/// The strict `KEY=value` file. A line is empty, a comment (`#` first), or a setting; nothing is guessed, dropped or overridden.
package enum SettingsFile {
    /// - Throws: `ConfigurationError` with the line's number for a line without `=`, an unknown name, a name that comes twice, a quoted
    ///   value or a value with white space around it.
    package static func parse(_ text: String, name: String) throws(ConfigurationError) -> [Setting: String] {
        var values: [Setting: String] = [:]
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            if line.isEmpty || line.hasPrefix("#") { continue }
            let place = "\(name), line \(number)"
            guard let equals = line.firstIndex(of: "=") else {
                throw ConfigurationError("\(place): a line must be NAME=value, a comment that begins with #, or empty")
            }
            let key = String(line[..<equals])
            let value = String(line[line.index(after: equals)...])
            guard let setting = Setting(fileName: key) else {
                throw ConfigurationError(
                    "\(place): there is no setting \(shown(key)); the names are \(Setting.allCases.map(\.fileName).joined(separator: ", "))"
                )
            }
            guard values[setting] == nil else { throw ConfigurationError("\(place): \(key) is set a second time; keep one of the two") }
            if let first = value.first, let last = value.last, first.isWhitespace || last.isWhitespace {
                throw ConfigurationError("\(place): \(key) has white space around its value; take it out")
            }
            guard value.first != "\"", value.first != "'" else {
                throw ConfigurationError("\(place): \(key) has a quoted value; quotes would be part of it, take them out")
            }
            values[setting] = value
        }
        return values
    }

    private static func shown(_ key: String) -> String {
        String(String.UnicodeScalarView(key.unicodeScalars.prefix(60).map { (0x20...0x7E).contains($0.value) ? $0 : "?" }))
    }
}
