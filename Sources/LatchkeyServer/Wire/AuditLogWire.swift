import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

extension Schema {
    private static let hash = Schema.string(pattern: "^[A-Za-z0-9_-]{43}$").sampled("bjQLnP-zepicpUTmu3gKLHiQHT-zNzh2hRGjBhevoB0")
    private static let size = Schema.integer(0...Int64.max)
    private static let checkpointText = Schema.string().sampled(
        "latchkey/inst_01JD4Z8QK6T3W9XN5RVB2H7MCE\n4711\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n— latchkey/inst_… …\n"
    ).noted("A signed note of the C2SP form tlog-checkpoint")

    private static let genesis = Schema.object(
        "AuditGenesis",
        [
            .required("leaves", size.sampled(120).noted("How many entries there were when the tree was made")),
            .required("through", size.sampled(120).noted("The number of the last of them")), .required("at", .timestamp),
        ])

    static let auditHead = Schema.object(
        "AuditHead",
        [
            .required("size", size.sampled(4711)),
            .required(
                "root", .string(pattern: "^[0-9a-f]{64}$").sampled("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")),
            .required(
                "head", .string().sampled("4711 6e34 0b9c ffb3 …").noted("Size and root as one line to write down, or to read out")),
            .required("checkpoint", checkpointText),
            .required("anchor", hash.noted("The key id of the trust anchor that signed")),
            .required("fingerprint", .string().sampled("9F2C 88AB …")),
            .required("verifierKey", .string().sampled("latchkey/inst_…+0c1d2e3f+AQ…").noted("As other programs take a note's key")),
            .optional("genesis", genesis),
        ])

    static let auditProof = Schema.object(
        "AuditProof",
        [
            .required("version", .integer(1...1)), .required("leaf", size.sampled(0).noted("The entry's place in the log, from 0")),
            .required("entry", .string(pattern: "^[A-Za-z0-9_-]+$").sampled("eyJzZXEiOjF9").noted("The bytes that were hashed")),
            .required("path", .array(of: hash).noted("Hashes from the leaf up (RFC 6962 §2.1.1)")),
            .required("anchors", .array(of: .string()).noted("Statements that lead to the anchor that signed, the oldest first")),
            .required("checkpoint", checkpointText),
        ])

    static let auditLogPart = Schema.object(
        "AuditLogPart",
        [
            .required("installId", .string().sampled("inst_01JD4Z8QK6T3W9XN5RVB2H7MCE")), .required("from", size),
            .required("extent", size),
            .optional("genesis", genesis),
            .required("anchors", .array(of: .string()).noted("On the first part: statements of who followed whom, the oldest first")),
            .required("keys", .array(of: hash).noted("On the first part: the public keys of all anchors that there ever were")),
            .required(
                "leaves",
                .array(
                    of: .object(
                        "AuditLeaf",
                        [
                            .optional("seq", size), .required("state", .cases(LeafState.self)),
                            .optional("entry", .string(pattern: "^[A-Za-z0-9_-]*$").sampled("eyJzZXEiOjF9")),
                            .required(
                                "nodes", .array(of: hash.nullable).noted("The leaf's hash, and those of the subtrees that it completes")),
                        ]))),
            .required(
                "checkpoints",
                .array(
                    of: .object(
                        "StoredCheckpoint",
                        [.required("size", size), .required("note", .string(pattern: "^[A-Za-z0-9_-]*$").sampled("bGF0Y2hrZXkv"))]))),
            .required("strays", .array(of: size).noted("Numbers of entries that no leaf is for")),
            .required("misplaced", .array(of: size).noted("Leaves behind which something lies in the tree that is no hash of it")),
            .required("ragged", .boolean.noted("Whether the tree ends in the middle of a leaf")),
        ])
}

/// What has become of the entry of a leaf.
package enum LeafState: String, CaseIterable, Sendable {
    case kept, removed, lost, revived, missing
}

extension JSONWriter {
    mutating func auditHead(_ head: AuditHead) {
        let checkpoint = head.checkpoint
        object { writer in
            writer.member("size", Int64(clamping: checkpoint.size))
            writer.member("root", checkpoint.root.description)
            writer.member("head", checkpoint.head.description)
            writer.member("checkpoint", checkpoint.text)
            writer.member("anchor", head.anchor.keyId)
            writer.member("fingerprint", head.anchor.fingerprint)
            writer.member("verifierKey", head.verifierKey)
            writer.genesis(head.genesis)
        }
    }

    mutating func auditLogPart(_ part: AuditLogPart) {
        let page = part.page
        object { writer in
            writer.member("installId", part.install)
            writer.member("from", Int64(clamping: page.first))
            writer.member("extent", Int64(clamping: part.extent))
            writer.genesis(part.genesis)
            writer.member("anchors", part.statements.map(\.text))
            writer.member("keys", part.anchors.map { Base64URL.encode($0.raw) })
            writer.key("leaves")
            writer.array { writer in for leaf in page.leaves { writer.leaf(leaf) } }
            writer.key("checkpoints")
            writer.array { writer in
                for checkpoint in page.checkpoints {
                    writer.object { writer in
                        writer.member("size", Int64(clamping: checkpoint.size))
                        writer.member("note", Base64URL.encode(checkpoint.text))
                    }
                }
            }
            writer.key("strays")
            writer.array { writer in for sequence in page.strays { writer.integer(Int64(clamping: sequence)) } }
            writer.key("misplaced")
            writer.array { writer in for leaf in page.misplaced { writer.integer(Int64(clamping: leaf)) } }
            writer.member("ragged", page.isRagged)
        }
    }

    private mutating func genesis(_ genesis: LogGenesis?) {
        guard let genesis else { return }
        key("genesis")
        object { writer in
            writer.member("leaves", Int64(clamping: genesis.leaves))
            writer.member("through", Int64(clamping: genesis.through))
            writer.member("at", genesis.at)
        }
    }

    private mutating func leaf(_ leaf: LogExamination.Leaf) {
        let (state, entry): (LeafState, [UInt8]?) =
            switch leaf.body {
            case .entry(let bytes): (.kept, bytes)
            case .removed: (.removed, nil)
            case .lost: (.lost, nil)
            case .revived(let bytes): (.revived, bytes)
            case .missing: (.missing, nil)
            }
        object { writer in
            if let sequence = leaf.sequence { writer.member("seq", Int64(clamping: sequence)) }
            writer.member("state", state.rawValue)
            writer.member("entry", ifPresent: entry.map { Base64URL.encode($0) })
            writer.key("nodes")
            writer.array { writer in
                for node in leaf.nodes {
                    if let node { writer.string(Base64URL.encode(node.bytes)) } else { writer.null() }
                }
            }
        }
    }
}
