import LatchkeyCrypto
import LatchkeyVerifier

/// What a trust bundle says, and what is asked of it afterwards: bytes that an anchor signed as a bundle's payload, so that the reader of the
/// contents (groups of ids, cut-offs, statements of anchors) and the check of the line and of the state are reached.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let payload = input(start, count)
    // A payload is text; other bytes would be written as another one than was signed.
    guard String(validating: payload, as: UTF8.self) != nil else { return 0 }
    for anchor in Anchors.all {
        guard let file = try? TrustBundle.file(payload: payload, keyId: anchor.publicKey.thumbprint, sign: { try anchor.sign($0) }) else {
            fatalError("nothing is signed")
        }
        guard let bundle = try? TrustBundle(reading: file) else { continue }
        guard let again = try? TrustBundle.encode(bundle.contents, keyId: bundle.keyId, sign: { try anchor.sign($0) }) else {
            fatalError("what was read can't be written")
        }
        require(again, equals: file)
        check(bundle)
    }
    return 0
}

/// Whatever is trusted and remembered: a bundle that is taken is signed by an anchor that the trusted and the remembered one lead to, and its
/// state comes back as it was written and takes the same bundle again.
private func check(_ bundle: TrustBundle) {
    for trusted in Anchors.trusted {
        for state in [nil] + Anchors.states(of: bundle) {
            guard let checked = try? bundle.checked(by: trusted, state: state, at: bundle.madeAt) else { continue }
            let own = checked.state
            guard let again = try? BundleState(json: own.json()), again == own else { fatalError("a state is written as another") }
            guard (try? bundle.checked(by: trusted, state: own, at: bundle.madeAt))?.state == own else {
                fatalError("a bundle is refused after itself")
            }
            guard let state else { continue }
            guard own.sequence >= state.sequence, own.anchorNumber >= state.anchorNumber else { fatalError("a state goes back") }
            // No statement of these anchors is among the seeds but those of the pack, which go from a to b to c: there is no way back.
            guard Anchors.place(of: own.signer) >= Anchors.place(of: state.signer) else { fatalError("a former anchor came back") }
        }
    }
}

/// Those of `fixtures/offline`, whose private halves are made of their names.
private enum Anchors {
    static let all = ["a", "b", "c"].map { name -> Ed25519PrivateKey in
        guard let key = try? Ed25519PrivateKey(seed: Secret(copying: SHA256.hash(Array("latchkey offline \(name)".utf8)))) else {
            fatalError("no key comes of \(name)")
        }
        return key
    }
    static let trusted = all.map { TrustAnchor($0.publicKey) }

    static func place(of anchor: TrustAnchor) -> Int { trusted.firstIndex(of: anchor) ?? trusted.count }

    static func states(of bundle: TrustBundle) -> [BundleState?] {
        trusted.enumerated().map { number, anchor in
            BundleState(
                install: bundle.install, signer: anchor, anchorNumber: Int64(number), sequence: max(1, bundle.sequence - 2),
                hash: bundle.hash)
        }
    }
}
