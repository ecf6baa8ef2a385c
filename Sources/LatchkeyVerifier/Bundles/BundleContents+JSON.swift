import LatchkeyCrypto

extension BundleContents {
    /// The form that is written and read here. Another one is another number.
    static let version: Int64 = 1
    /// The greatest whole number that every JSON reader keeps (RFC 8259 §6).
    static let greatestNumber: Int64 = (1 << 53) - 1
    private static let greatestKeyCount = 1000

    /// The payload of a bundle: the same contents give the same bytes.
    func json() -> [UInt8] {
        let ids =
            revokedTokens.count + revokedSessions.count + cutOffs.count + (legacy.map { $0.subjects.count + $0.organisations.count } ?? 0)
        var writer = JSONWriter(capacity: 4096 + ids * 20)
        writer.object { writer in
            writer.member("version", Self.version)
            writer.member("install", install)
            writer.member("issuer", issuer)
            writer.member("anchors", anchors.map(\.text))
            writer.member("sequence", sequence)
            writer.key("previous")
            if let previous { writer.string(previous) } else { writer.null() }
            writer.member("madeAt", madeAt)
            writer.member("notAfter", notAfter)
            writer.member("revocation", revocation)
            writer.key("keys")
            writer.array { writer in for key in keys { writer.bundleKey(key) } }
            writer.key("revokedTokens")
            revokedTokens.write(to: &writer)
            writer.key("revokedSessions")
            revokedSessions.write(to: &writer)
            writer.key("cutOffForAll")
            if let cutOffForAll { writer.string(cutOffForAll.description) } else { writer.null() }
            writer.key("cutOffs")
            cutOffs.write(to: &writer)
            if let legacy {
                writer.key("legacy")
                legacy.write(to: &writer)
            }
        }
        return writer.bytes
    }

    init(from reader: inout CanonicalReader) throws {
        self = try reader.object { reader in
            try reader.key("version")
            _ = try reader.integer(in: Self.version...Self.version)
            try reader.key("install")
            let install = try reader.identifier("the id of an install")
            try reader.key("issuer")
            let issuer = try reader.string()
            try reader.key("anchors")
            var anchors: [AnchorSuccession] = []
            try reader.array(upTo: AnchorSuccession.greatestChain) { anchors.append(try AnchorSuccession(reading: $0.string())) }
            try reader.key("sequence")
            let sequence = try reader.integer(in: 1...Self.greatestNumber)
            try reader.key("previous")
            let previous = reader.takesNull() ? nil : try reader.digest()
            try reader.key("madeAt")
            let madeAt = try reader.timestamp()
            try reader.key("notAfter")
            let notAfter = try reader.timestamp()
            try reader.key("revocation")
            let revocation = try reader.integer(in: 0...Self.greatestNumber)
            try reader.key("keys")
            var keys: [JWK] = []
            try reader.array(upTo: Self.greatestKeyCount) { keys.append(try $0.bundleKey()) }
            try reader.key("revokedTokens")
            let tokens = try IdSet(.tokens, from: &reader)
            try reader.key("revokedSessions")
            let sessions = try IdSet(.sessions, from: &reader)
            try reader.key("cutOffForAll")
            let cutOffForAll = reader.takesNull() ? nil : try reader.timestamp()
            try reader.key("cutOffs")
            let cutOffs = try CutOffs(from: &reader)
            let legacy = reader.takesKey("legacy") ? try LegacyTerms(from: &reader) : nil
            return BundleContents(
                install: install, issuer: issuer, anchors: anchors, sequence: sequence, previous: previous, madeAt: madeAt,
                notAfter: notAfter, revocation: revocation, keys: keys, revokedTokens: tokens, revokedSessions: sessions,
                cutOffForAll: cutOffForAll, cutOffs: cutOffs, legacy: legacy)
        }
    }

    /// An id: 1 to 128 visible ASCII characters.
    static func isIdentifier(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

extension BundleContents.LegacyTerms {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("kid", kid)
            writer.member("issuer", issuer)
            writer.member("until", until)
            writer.member("elsewhereUntil", elsewhereUntil)
            writer.key("organisations")
            organisations.write(to: &writer)
            writer.key("subjects")
            subjects.write(to: &writer)
        }
    }

    fileprivate init(from reader: inout CanonicalReader) throws {
        self = try reader.object { reader in
            try reader.key("kid")
            let kid = try reader.identifier("the kid of the legacy key")
            try reader.key("issuer")
            let issuer = try reader.string()
            try reader.key("until")
            let until = try reader.timestamp()
            try reader.key("elsewhereUntil")
            let elsewhereUntil = try reader.timestamp()
            try reader.key("organisations")
            let organisations = try IdSet(.organisations, from: &reader)
            try reader.key("subjects")
            return BundleContents.LegacyTerms(
                kid: kid, issuer: issuer, until: until, elsewhereUntil: elsewhereUntil, organisations: organisations,
                subjects: try CutOffs(from: &reader))
        }
    }
}

extension JSONWriter {
    fileprivate mutating func bundleKey(_ key: JWK) {
        object { writer in
            writer.member("kty", key.kty)
            writer.member("n", ifPresent: key.n)
            writer.member("e", ifPresent: key.e)
            writer.member("alg", ifPresent: key.alg)
            writer.member("use", ifPresent: key.use)
            writer.member("kid", ifPresent: key.kid)
        }
    }
}

extension CanonicalReader {
    /// A key as the JWKS shows it, under the thumbprint that it has (RFC 7638).
    fileprivate mutating func bundleKey() throws -> JWK {
        let jwk = try object { reader in
            try reader.key("kty")
            var jwk = JWK(kty: try reader.string())
            try reader.key("n")
            jwk.n = try reader.string()
            try reader.key("e")
            jwk.e = try reader.string()
            try reader.key("alg")
            jwk.alg = try reader.string()
            try reader.key("use")
            jwk.use = try reader.string()
            try reader.key("kid")
            jwk.kid = try reader.string()
            return jwk
        }
        guard let thumbprint = try? jwk.thumbprint(), let kid = jwk.kid, thumbprint.utf8.elementsEqual(kid.utf8) else {
            throw mismatch("a key under its own thumbprint")
        }
        return jwk
    }

    fileprivate mutating func identifier(_ what: String) throws -> String {
        let text = try string()
        guard BundleContents.isIdentifier(text) else { throw mismatch(what) }
        return text
    }

    /// A SHA-256 in base64url.
    mutating func digest() throws -> String {
        let text = try string()
        guard Base64URL.decode(text)?.count == 32 else { throw mismatch("a SHA-256 in base64url") }
        return text
    }
}
