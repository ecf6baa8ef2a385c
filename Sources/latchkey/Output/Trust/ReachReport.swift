/// Who may still accept what was revoked, for people: what a command did is done, this is what is left to do.
struct ReachReport {
    /// Asks the daemon to say so (RFC 7240 §4.2).
    static let wanted = [("prefer", "return=representation")]

    private let holders: JSONValue?

    /// - Parameter answer: the daemon's; none when it had nothing to say.
    init(_ answer: JSONValue?) { holders = answer?["stillAcceptedBy"] }

    /// As the daemon says it; none when it doesn't.
    var json: [UInt8]? { holders?.raw }

    /// On standard error.
    func note() { for line in lines { Output.note(line) } }

    var lines: [String] {
        guard let elements = holders?.elements else {
            return [
                "who may still accept it elsewhere, the daemon could not say; verifiers without a network do until they have a bundle that was made after this: "
                    + "latchkey bundle export --out FILE"
            ]
        }
        guard !elements.isEmpty else { return ["nobody accepts it any more: no token of it was alive"] }
        var lines = elements.map { holder in
            "still accepted by \(holder["who"]?.text ?? "somebody")" + (holder["until"]?.text.map { ", until \($0)" } ?? "")
        }
        if elements.contains(where: { $0["sequence"] != nil }) {
            lines.append("bring those that hold an older trust bundle a new one: latchkey bundle export --out FILE")
        }
        return lines
    }
}
