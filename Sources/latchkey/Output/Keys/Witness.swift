/// Who accepts, or does not accept yet, what a change of the key ring left behind.
enum Witness {
    /// One fact for each; `nobody` when there is none.
    static func facts(_ name: String, _ list: JSONValue?, nobody: String) -> [(name: String, value: String?)] {
        let elements = list?.elements ?? []
        guard !elements.isEmpty else { return [(name, nobody)] }
        return elements.map {
            (name, [$0["who"]?.text, $0["until"]?.text.map { "until \($0)" }].compactMap { $0 }.joined(separator: ", "))
        }
    }
}
