import LatchkeyScopes

/// A small world in which every claim about grants can be tried on everything there is.
enum Universe {
    static let planes = ["relayfile", "cloud", "relayauth"]
    static let resources = ["fs", "run", "a-b"]
    static let actions = ["read", "delete", "manage", "run"]
    static let paths = [
        "/", "/docs", "/docs/", "/docs/a", "/docs/a/", "/docs/a/b", "/docs/a/c", "/docs/ab", "/docsets/a", "/doc", "/a", "general",
        "/docs//a",
    ]

    /// Every request without a wildcard.
    static let concrete: [Oracle.Grant] = every(planes, resources, actions, paths).compactMap { parts in
        // What the grammar would change is there already in its normalised form.
        Oracle.parse(parts).flatMap { $0.text == parts ? $0 : nil }
    }

    /// Every grant of some parts, with and without wildcards.
    static let grants: [Oracle.Grant] = every(
        ["relayfile", "cloud", "*"], ["fs", "run", "*"], ["read", "manage", "run", "*"],
        ["*", "/*", "/docs/*", "/docs/a/*", "/docs/a", "/docs/", "/docs", "general"]
    ).compactMap(Oracle.parse)

    private static func every(_ planes: [String], _ resources: [String], _ actions: [String], _ paths: [String]) -> [String] {
        planes.flatMap { plane in
            resources.flatMap { resource in actions.flatMap { action in paths.map { "\(plane):\(resource):\(action):\($0)" } } }
        }
    }
}

/// A relation over numbered things, a row a thing.
struct BitRow: Equatable {
    private var words: [UInt64]

    init(_ bits: [Bool]) {
        words = Array(repeating: 0, count: (bits.count + 63) / 64)
        for (index, bit) in bits.enumerated() where bit { words[index / 64] |= 1 << UInt64(index % 64) }
    }

    func isSubset(of other: BitRow) -> Bool {
        zip(words, other.words).allSatisfy { $0 & ~$1 == 0 }
    }
}

/// SplitMix64: the same numbers for the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Some fixed seeds and one that is new in each run; it is printed, so that a failure can be had again.
    static let seeds: [UInt64] = {
        let fresh = UInt64.random(in: 0 ... .max)
        print("scopes: this run's own seed is \(fresh)")
        return [1, 20_261_121, fresh]
    }()

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }
}
