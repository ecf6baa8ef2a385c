/// Figures as a collector reads them out of Prometheus' text.
struct Figures {
    /// By name with labels, as they stand in the text.
    let values: [String: Double]
    let families: [String: String]
    /// Lines that are none of the format's.
    let strange: [String]

    init(_ text: String) {
        var values: [String: Double] = [:]
        var families: [String: String] = [:]
        var strange: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE "), words.count == 4, families[String(words[2])] == nil {
                families[String(words[2])] = String(words[3])
            } else if line.hasPrefix("# HELP ") {
                continue
            } else if let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]),
                line.first?.isLetter == true,
                values[String(line[..<space])] == nil
            {
                values[String(line[..<space])] = value
            } else {
                strange.append(String(line))
            }
        }
        self.values = values
        self.families = families
        self.strange = strange
    }

    /// A figure by its name and the labels that it must have, in their order.
    subscript(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) -> Double? {
        let text = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
        return values[text.isEmpty ? name : "\(name){\(text)}"]
    }
}

extension TestDaemon {
    func figures() async throws -> Figures { Figures(try await admin("GET", "/metrics").text) }
}
