import LatchkeyVerifier

/// Proofs that an entry is in an audit log.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    guard let proof = try? InclusionProof(reading: bytes) else { return 0 }
    require(proof.file, equals: bytes)
    // Never a crash, whatever sizes, places and hashes it names.
    _ = MerkleTree.isIncluded(
        MerkleTree.leafHash(proof.entry), at: proof.leaf, in: proof.checkpoint.size, root: proof.checkpoint.root, path: proof.path)
    _ = MerkleTree.isExtension(
        proof.checkpoint.size, root: proof.checkpoint.root, of: proof.leaf, oldRoot: proof.checkpoint.root, proof: proof.path)
    return 0
}
