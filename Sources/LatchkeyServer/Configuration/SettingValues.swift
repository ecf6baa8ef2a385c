import Configuration

/// Where settings come from, stronger before weaker: flags, environment, file. swift-configuration decides which one counts; what is
/// unknown is told here, because it can't list what it holds.
package struct SettingValues: Sendable {
    private let reader: ConfigReader
    /// Names in the environment that look like settings and are none.
    package let unknownVariables: [String]

    /// - Parameters:
    ///   - flags: settings of the command line.
    ///   - environment: the whole environment.
    ///   - file: the settings file's values, see ``SettingsFile``.
    package init(flags: [Setting: String], environment: [String: String], file: [Setting: String]) {
        var variables: [Setting: String] = [:]
        var unknown: [String] = []
        for (name, value) in environment where name.utf8.starts(with: Setting.prefix.utf8) && !Setting.otherVariables.contains(name) {
            if let setting = Setting(fileName: name) {
                variables[setting] = value
            } else {
                unknown.append(name)
            }
        }
        unknownVariables = unknown.sorted()
        reader = ConfigReader(providers: [
            Self.provider("flags", flags), Self.provider("environment", variables), Self.provider("file", file),
        ])
    }

    private static func provider(_ name: String, _ values: [Setting: String]) -> InMemoryProvider {
        InMemoryProvider(
            name: name,
            values: Dictionary(
                uniqueKeysWithValues: values.map { (AbsoluteConfigKey([$0.key.rawValue]), ConfigValue(stringLiteral: $0.value)) }))
    }

    package func text(_ setting: Setting) -> String? { reader.string(forKey: ConfigKey([setting.rawValue])) }

    /// A whole number in a range.
    func number(_ setting: Setting, _ range: ClosedRange<Int>, default standard: Int) throws(ConfigurationError) -> Int {
        guard let text = text(setting) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw refusal(setting, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Seconds: a whole number, or one with `s`, `m`, `h` or `d` behind it.
    func seconds(_ setting: Setting, _ range: ClosedRange<Int64>, default standard: Int64) throws(ConfigurationError) -> Int64 {
        guard let text = text(setting) else { return standard }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        guard let value = Int64(unit == nil ? text[...] : text.dropLast()),
            case let (product, overflow) = value.multipliedReportingOverflow(by: unit ?? 1),
            !overflow, range.contains(product)
        else {
            throw refusal(setting, "must be from \(range.lowerBound) to \(range.upperBound) seconds, as in 90, 15m, 24h or 30d")
        }
        return product
    }

    func flag(_ setting: Setting, default standard: Bool = false) throws(ConfigurationError) -> Bool {
        switch text(setting) {
        case nil: return standard
        case "true": return true
        case "false": return false
        default: throw refusal(setting, "must be true or false")
        }
    }

    /// Texts joined by commas; none when the value is empty.
    func list(_ setting: Setting) -> [String] {
        (text(setting) ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }
    }

    func refusal(_ setting: Setting, _ what: String) -> ConfigurationError {
        ConfigurationError("\(setting.rawValue) (\(setting.flag), \(setting.variable)) \(what)")
    }
}
