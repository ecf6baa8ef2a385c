import LatchkeyCrypto

/// A signed note (C2SP signed-note): a text, an empty line, and a line for each signature over the text.
///
/// ```
/// latchkey/inst_01ARZ3NDEKTSV4RRFFQ69G5FAV
/// 4711
/// CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
///
/// — latchkey/inst_01ARZ3NDEKTSV4RRFFQ69G5FAV Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
/// ```
public struct SignedNote: Sendable, Equatable {
    /// A line of a signature. Those of unknown keys are passed over, as the specification asks.
    struct Signature: Sendable, Equatable {
        let name: String
        /// Tells keys of one name apart.
        let keyHash: [UInt8]
        let bytes: [UInt8]
    }

    /// Bytes of a note at most, and its signatures.
    static let greatestSize = 64 * 1024
    static let mostSignatures = 16
    private static let keyHashCount = 4
    private static let dash: [UInt8] = Array("\u{2014} ".utf8)
    /// The signature type Ed25519.
    private static let ed25519: UInt8 = 1

    /// Whole lines.
    public let text: String
    let signatures: [Signature]

    /// - Throws: `.malformed`.
    public init(parsing bytes: [UInt8]) throws(LogError) {
        guard bytes.count <= Self.greatestSize, let whole = String(validating: bytes, as: UTF8.self),
            bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }), bytes.last == 0x0A
        else { throw Self.malformed("it is not UTF-8 text in lines, or is longer than 64 KiB") }
        // The last empty line parts text and signatures.
        guard let gap = bytes.indices.dropLast().last(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }), gap > 0 else {
            throw Self.malformed("no empty line parts its text from its signatures")
        }
        let lines = bytes[(gap + 2)...].split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        guard (1...Self.mostSignatures).contains(lines.count) else {
            throw Self.malformed("it has \(lines.count) signatures, not 1 to \(Self.mostSignatures)")
        }
        var signatures: [Signature] = []
        for line in lines { signatures.append(try Self.signature(line)) }
        text = String(decoding: bytes[...gap], as: UTF8.self)
        self.signatures = signatures
        guard self.whole.utf8.elementsEqual(whole.utf8) else { throw Self.malformed("a line of it has another form") }
    }

    /// - Parameter sign: signs these bytes with the anchor's private half.
    package init<Failure: Error>(
        signing text: String, name: String, anchor: TrustAnchor, _ sign: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        self.text = text
        signatures = [Signature(name: name, keyHash: Self.keyHash(name, anchor), bytes: try sign(Array(text.utf8)))]
    }

    /// The note as it is written down.
    public var whole: String {
        let lines = signatures.map { "\u{2014} \($0.name) \(Base64.encode($0.keyHash + $0.bytes))\n" }
        return text + "\n" + lines.joined()
    }

    /// Whether one of the signatures is this anchor's, under this name.
    public func isSigned(by anchor: TrustAnchor, as name: String) -> Bool {
        let hash = Self.keyHash(name, anchor)
        let own = signatures.filter { $0.name.utf8.elementsEqual(name.utf8) && $0.keyHash == hash }
        // A second line of the same key is a mistake or a trick.
        return own.count == 1 && anchor.verify(own[0].bytes, of: Array(text.utf8))
    }

    /// Whether a line of it says that it is this anchor's.
    func names(_ anchor: TrustAnchor, as name: String) -> Bool {
        let hash = Self.keyHash(name, anchor)
        return signatures.contains { $0.name.utf8.elementsEqual(name.utf8) && $0.keyHash == hash }
    }

    /// What other programs take as this anchor's verifier key, for signatures under this name (C2SP signed-note).
    package static func verifierKey(_ name: String, _ anchor: TrustAnchor) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let hash = keyHash(name, anchor).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "\(name)+\(String(decoding: hash, as: UTF8.self))+\(Base64.encode([ed25519] + anchor.raw))"
    }

    private static func keyHash(_ name: String, _ anchor: TrustAnchor) -> [UInt8] {
        Array(SHA256.hash(Array(name.utf8) + [0x0A, ed25519] + anchor.raw).prefix(keyHashCount))
    }

    private static func signature(_ line: ArraySlice<UInt8>) throws(LogError) -> Signature {
        guard line.starts(with: dash), let space = line.lastIndex(of: 0x20), space >= line.startIndex + dash.count,
            let bytes = Base64.decode(line[(space + 1)...]), bytes.count > keyHashCount
        else { throw malformed("a line below its text is no signature") }
        let name = String(decoding: line[(line.startIndex + dash.count)..<space], as: UTF8.self)
        guard isName(name) else { throw malformed("a signature is of a key with no name, or a space or plus in it") }
        return Signature(name: name, keyHash: Array(bytes.prefix(keyHashCount)), bytes: Array(bytes.dropFirst(keyHashCount)))
    }

    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "+" }
    }

    static func malformed(_ why: String) -> LogError { LogError(.malformed, "this is not a signed note: \(why)") }
}
