/// A verifier that the operator has listed.
struct VerifierReport {
    static let titles = ["NAME", "ACCEPTS"]

    private let verifier: JSONValue

    init(_ verifier: JSONValue) { self.verifier = verifier }

    var row: [String] { [Shown.word(verifier["name"]?.text ?? ""), verifier["accepts"]?.texts?.joined(separator: ",") ?? ""] }

    /// - Throws: `.failed` when there is no list of them.
    static func rows(_ verifiers: JSONValue?) throws(CommandFailure) -> [[String]] {
        guard let elements = verifiers?.elements else { throw JSONScanner.foreign }
        return elements.map { VerifierReport($0).row }
    }
}
