extension TrustBundle {
    /// The bundle as one that may be used: signed by `anchor` or by one that it leads to, neither older than nor beside what was accepted
    /// before, made already and not past its end, with 60 s of clock skew.
    ///
    /// Without a state, a bundle that was replaced by a newer one is taken until its not-after: nothing tells it from the newest.
    ///
    /// ```swift
    /// let bundle = try TrustBundle(reading: Array(bundleFile))
    /// let checked = try bundle.checked(by: anchor, state: remembered, at: SystemClock().now())
    /// try remember(checked.state)
    /// ```
    ///
    /// - Throws: `.anchor`, `.state`, `.rollback`, `.fork`, `.clock`, `.frozen`, and `.keySet` when two of its keys share a `kid`.
    public func checked(
        by anchor: TrustAnchor, state: BundleState? = nil, at now: Timestamp
    ) throws(VerificationError) -> CheckedBundle {
        let signer = try signer(from: anchor)
        guard signer.verify(signature, of: signingInput) else {
            throw VerificationError(.anchor, "the bundle's signature is not that of the anchor \(signer.fingerprint)")
        }
        try checkChain()
        let own = BundleState(
            install: install, signer: signer, anchorNumber: number(of: signer, from: anchor, after: state), sequence: sequence, hash: hash)
        if let state { try check(own, follows: state) }
        let checked = try CheckedBundle(contents, state: own)
        try checked.check(at: now)
        return checked
    }

    /// The anchor that the bundle names, reached from the one that is trusted by statements that each anchor made of the next.
    private func signer(from anchor: TrustAnchor) throws(VerificationError) -> TrustAnchor {
        let last = try lineEnd(from: anchor)
        guard last.keyId.utf8.elementsEqual(keyId.utf8) else {
            throw VerificationError(
                .anchor,
                "the bundle is signed by another anchor than \(anchor.fingerprint), and nothing in it leads from this one to the other")
        }
        return last
    }

    /// The anchor at the end of the bundle's statements, from `anchor` on. Every statement behind `anchor` is verified with the one before
    /// it; those in front of it are the word of nobody who is known here, and count for nothing. `anchor` itself where none is its own.
    private func lineEnd(from anchor: TrustAnchor) throws(VerificationError) -> TrustAnchor {
        var current = anchor
        for statement in statements(from: anchor) { current = try statement.next(after: current) }
        return current
    }

    /// What the bundle carries from the first statement of `anchor` on.
    private func statements(from anchor: TrustAnchor) -> ArraySlice<AnchorSuccession> {
        contents.anchors.drop { !$0.from.utf8.elementsEqual(anchor.keyId.utf8) }
    }

    /// Whether `known` is the signer, or the statements lead from it to the signer, each verified.
    private func leads(from known: TrustAnchor) -> Bool {
        guard let last = try? lineEnd(from: known) else { return false }
        return last.keyId.utf8.elementsEqual(keyId.utf8)
    }

    /// How many anchors came before the signer, as far as a verified statement says so or it is remembered; else 0.
    private func number(of signer: TrustAnchor, from anchor: TrustAnchor, after state: BundleState?) -> Int64 {
        // `signer(from:)` verified these.
        let told = statements(from: anchor).last?.number ?? 0
        guard let state, leads(from: state.signer) else { return told }
        if state.signer == signer { return max(told, state.anchorNumber) }
        return max(told, statements(from: state.signer).last?.number ?? 0)
    }

    /// What the signer itself says of the anchors before it: one unbroken line of this install that ends at the signer.
    private func checkChain() throws(VerificationError) {
        let chain = contents.anchors
        let isUnbroken = zip(chain, chain.dropFirst()).allSatisfy { earlier, later in
            later.from.utf8.elementsEqual(earlier.to.keyId.utf8) && later.number > earlier.number
        }
        guard isUnbroken, chain.allSatisfy({ $0.install.utf8.elementsEqual(install.utf8) }),
            chain.last.map({ $0.to.keyId.utf8.elementsEqual(keyId.utf8) }) ?? true
        else { throw VerificationError(.anchor, "the statements of the bundle's anchors are no unbroken line to the one that signed it") }
    }

    private func check(_ own: BundleState, follows known: BundleState) throws(VerificationError) {
        guard own.install.utf8.elementsEqual(known.install.utf8) else {
            throw VerificationError(
                .state, "what is remembered is of the install \(known.install), the bundle is of \(own.install); keep a state for each")
        }
        guard own.sequence >= known.sequence else {
            throw VerificationError(
                .rollback,
                "the bundle has the number \(own.sequence), and number \(known.sequence) was accepted here before; fetch the newest")
        }
        guard own.anchorNumber >= known.anchorNumber else {
            throw VerificationError(
                .rollback,
                "the bundle's anchor \(own.signer.fingerprint) does not follow \(known.signer.fingerprint), whose bundle was accepted here before; whoever signs with an anchor that was replaced holds an old backup: find out who; only if the install's anchor was given up and it was given this one, remove what is remembered and begin anew"
            )
        }
        guard leads(from: known.signer) else {
            throw VerificationError(
                .anchor,
                "nothing leads from the anchor of the last bundle accepted here to this bundle's; if the install was given a new anchor, begin anew"
            )
        }
        if own.sequence == known.sequence {
            guard own.hash == known.hash else { throw Self.fork(own.sequence) }
        } else if own.sequence == known.sequence + 1 {
            guard contents.previous == known.hash else { throw Self.fork(own.sequence) }
        }
    }

    private static func fork(_ sequence: Int64) -> VerificationError {
        VerificationError(
            .fork,
            "the bundle number \(sequence) does not belong to the same line as the one accepted here before: two authorities sign as this install; stop and find out why"
        )
    }
}
