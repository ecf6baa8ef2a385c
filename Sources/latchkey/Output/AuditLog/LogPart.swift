import LatchkeyCrypto
import LatchkeyServer
import LatchkeyVerifier

/// A part of the audit log as the daemon sends it for a look at the whole.
struct LogPart {
    let install: String
    /// How many leaves there were when the look began.
    let extent: UInt64
    let page: LogPage
    let genesis: LogGenesis?
    /// Who followed whom; on the first part.
    let statements: [AnchorSuccession]
    /// All anchors that there ever were, as the daemon names them; on the first part.
    let anchors: [TrustAnchor]

    /// - Throws: `.failed` when the answer is not of this form.
    init(_ answer: JSONDocument) throws(CommandFailure) {
        let root = answer.root
        guard let install = root["installId"]?.text, let extent = Self.number(root["extent"]), let from = Self.number(root["from"]),
            let leaves = root["leaves"]?.elements?.map(Self.leaf), let checkpoints = root["checkpoints"]?.elements?.map(Self.checkpoint),
            let strays = root["strays"]?.elements?.map(Self.number), let texts = root["anchors"]?.texts,
            let keys = root["keys"]?.elements, let misplaced = root["misplaced"]?.elements?.map(Self.number),
            let isRagged = root["ragged"]?.bool
        else { throw Self.strange }
        var page = LogPage(first: from)
        page.leaves = leaves.compactMap(\.self)
        page.checkpoints = checkpoints.compactMap(\.self)
        page.strays = strays.compactMap(\.self)
        page.misplaced = misplaced.compactMap(\.self)
        page.isRagged = isRagged
        // What was passed over here would be missing from what is proven.
        guard page.leaves.count == leaves.count, page.checkpoints.count == checkpoints.count, page.strays.count == strays.count,
            page.misplaced.count == misplaced.count
        else {
            throw Self.strange
        }
        self.install = install
        self.extent = extent
        self.page = page
        genesis = root["genesis"].flatMap(Self.genesis)
        statements = texts.compactMap { try? AnchorSuccession(reading: $0) }
        anchors = keys.compactMap(Self.bytes).compactMap { try? TrustAnchor(Ed25519PublicKey(raw: $0)) }
    }

    private static func leaf(_ value: JSONValue) -> LogExamination.Leaf? {
        guard let state = value["state"]?.text.flatMap({ LeafState(rawValue: $0) }), let nodes = value["nodes"]?.elements else {
            return nil
        }
        var hashes: [TreeHash?] = []
        for node in nodes {
            if node.isNull {
                hashes.append(nil)
            } else {
                guard let hash = bytes(node).flatMap({ TreeHash($0) }) else { return nil }
                hashes.append(hash)
            }
        }
        let body: LogExamination.Leaf.Body
        switch (state, value["entry"].flatMap(bytes)) {
        case (.kept, let entry?): body = .entry(entry)
        case (.revived, let entry?): body = .revived(entry)
        case (.removed, nil): body = .removed
        case (.lost, nil): body = .lost
        case (.missing, nil): body = .missing
        default: return nil
        }
        return LogExamination.Leaf(sequence: number(value["seq"]), body: body, nodes: hashes)
    }

    private static func checkpoint(_ value: JSONValue) -> LogPage.StoredCheckpoint? {
        guard let size = number(value["size"]), let text = value["note"].flatMap(bytes) else { return nil }
        return LogPage.StoredCheckpoint(size: size, text: text)
    }

    private static func genesis(_ value: JSONValue) -> LogGenesis? {
        guard let leaves = number(value["leaves"]), let through = number(value["through"]), let at = value["at"]?.moment else { return nil }
        return LogGenesis(leaves: leaves, through: through, at: at)
    }

    private static func number(_ value: JSONValue?) -> UInt64? { value?.integer.flatMap { UInt64(exactly: $0) } }

    /// A string in base64url, which has no escapes.
    private static func bytes(_ value: JSONValue) -> [UInt8]? {
        let raw = value.raw
        guard raw.count >= 2, raw.first == UInt8(ascii: "\""), raw.last == UInt8(ascii: "\"") else { return nil }
        return Base64URL.decode(raw.dropFirst().dropLast())
    }

    private static var strange: CommandFailure {
        CommandFailure(.failed, "the daemon's answer is no part of an audit log; is it of this program's version?")
    }
}
