@testable import LatchkeyVerifier
import Testing

@Suite("The tree of a log")
struct MerkleTreeTests {
    private let vectors = LogVectors.shared

    @Test("has the roots of RFC 6962, as it grows and when it is looked up")
    func roots() throws {
        let nodes = vectors.nodes
        var tree = TreeFrontier()
        #expect(tree.root == vectors.root(0) && MerkleTree.emptyRoot == vectors.root(0))
        for (index, leaf) in vectors.leaves.enumerated() {
            tree.append(leaf)
            let size = UInt64(index + 1)
            #expect(tree.size == size && tree.root == vectors.root(size))
            #expect(try MerkleTree.root(size) { nodes[Int($0.position)] } == vectors.root(size))
        }
    }

    @Test("lies in post-order without a gap: each leaf is followed by the subtrees that it completes")
    func order() {
        var next: UInt64 = 0
        for leaf in UInt64(0)..<5000 {
            #expect(MerkleTree.nodeCount(leaf) == next && MerkleTree.size(nodeCount: next) == leaf)
            #expect(MerkleTree.position(ofLeaf: leaf) == next)
            for level in 0..<MerkleTree.nodes(withLeaf: leaf) {
                #expect(MerkleTree.Place(level: level, index: leaf >> UInt64(level)).position == next)
                if level > 0 { #expect(MerkleTree.size(nodeCount: next) == leaf) }
                next += 1
            }
        }
        #expect(MerkleTree.size(nodeCount: .max) > 1 << 60)
    }

    @Test("costs two hashes a leaf on average, and never more than its height")
    func cost() {
        var tree = TreeFrontier()
        var hashes = 0
        for number in UInt64(0)..<4096 {
            let nodes = tree.append(MerkleTree.leafHash([UInt8(truncatingIfNeeded: number)])).count
            #expect(nodes == MerkleTree.nodes(withLeaf: number) && nodes <= 13)
            hashes += nodes
        }
        #expect(hashes == 2 * 4096 - 1)
    }

    @Test("has the inclusion paths of RFC 6962, and each shows its leaf and no other")
    func inclusion() throws {
        let nodes = vectors.nodes
        for vector in vectors.inclusion {
            let path = vector.path.map { LogVectors.hash($0) }
            #expect(try MerkleTree.inclusionPath(vector.leaf, in: vector.size) { nodes[Int($0.position)] } == path)
            let (leaf, root) = (vectors.leaves[Int(vector.leaf)], vectors.root(vector.size))
            func holds(_ leaf: TreeHash, _ index: UInt64, _ size: UInt64, _ root: TreeHash, _ path: [TreeHash]) -> Bool {
                MerkleTree.isIncluded(leaf, at: index, in: size, root: root, path: path)
            }
            #expect(holds(leaf, vector.leaf, vector.size, root, path))
            #expect(!holds(leaf.flipped, vector.leaf, vector.size, root, path))
            #expect(!holds(leaf, vector.leaf, vector.size, root.flipped, path))
            #expect(!holds(leaf, vector.leaf, vector.size, root, path + [root]))
            #expect(path.isEmpty || !holds(leaf, vector.leaf, vector.size, root, Array(path.dropLast())))
            for index in path.indices {
                var other = path
                other[index] = other[index].flipped
                #expect(!holds(leaf, vector.leaf, vector.size, root, other))
            }
            for index in 0...vector.size where index != vector.leaf { #expect(!holds(leaf, index, vector.size, root, path)) }
            #expect(!holds(leaf, vector.leaf, 0, root, path) && !holds(leaf, .max, .max, root, path))
        }
    }

    @Test("has the consistency proofs of RFC 6962, and each shows its two trees and no others")
    func consistency() throws {
        let nodes = vectors.nodes
        for vector in vectors.consistency {
            let proof = vector.proof.map { LogVectors.hash($0) }
            #expect(try MerkleTree.consistencyProof(vector.old, in: vector.size) { nodes[Int($0.position)] } == proof)
            let (old, new) = (vectors.root(vector.old), vectors.root(vector.size))
            func holds(_ size: UInt64, _ new: TreeHash, _ oldSize: UInt64, _ old: TreeHash, _ proof: [TreeHash]) -> Bool {
                MerkleTree.isExtension(size, root: new, of: oldSize, oldRoot: old, proof: proof)
            }
            #expect(holds(vector.size, new, vector.old, old, proof))
            #expect(!holds(vector.size, new.flipped, vector.old, old, proof) && !holds(vector.size, new, vector.old, old.flipped, proof))
            #expect(!holds(vector.size, new, vector.old, old, proof + [new]))
            #expect(proof.isEmpty || !holds(vector.size, new, vector.old, old, Array(proof.dropLast())))
            for index in proof.indices {
                var other = proof
                other[index] = other[index].flipped
                #expect(!holds(vector.size, new, vector.old, old, other))
            }
            if vector.old != vector.size { #expect(!holds(vector.old, old, vector.size, new, proof)) }
        }
        // Nothing leads from a tree to a larger one that is the same.
        for size: UInt64 in [1, 2, 4, 8, 16] {
            let root = vectors.root(size)
            #expect(!MerkleTree.isExtension(size + 1, root: root, of: size, oldRoot: root, proof: []))
        }
        #expect(MerkleTree.isExtension(3, root: vectors.root(3), of: 0, oldRoot: MerkleTree.emptyRoot, proof: []))
        #expect(!MerkleTree.isExtension(3, root: vectors.root(3), of: 0, oldRoot: vectors.root(1), proof: []))
    }
}
