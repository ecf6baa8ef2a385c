import FoundationEssentials
import Testing

/// The rows of `fixtures/scopes.json`.
struct ScopeTable: Decodable, Sendable {
    struct Match: Decodable, Sendable, CustomTestStringConvertible {
        let grant: String
        let request: String
        let expected: Bool
        let why: String?

        var testDescription: String { "\(grant) \(expected ? "covers" : "does not cover") \(request)\(why.map { ": \($0)" } ?? "")" }
    }

    struct Refused: Decodable, Sendable {
        let scope: String
        /// The raw value of the error's code.
        let reason: String
        /// The scope that the error must suggest; without it, it must suggest none.
        let suggestion: String?
        /// What the message must hold besides.
        let says: String?
    }

    struct Normalised: Decodable, Sendable {
        let scope: String
        let text: String
    }

    struct Subset: Decodable, Sendable {
        let holder: [String]
        let asked: [String]
        let expected: Bool
        let firstMissing: String?
    }

    let match: [Match]
    let refused: [Refused]
    let normalised: [Normalised]
    let subset: [Subset]

    static let shared: ScopeTable = {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        do {
            let data = try Data(contentsOf: URL(filePath: "/\(path)/fixtures/scopes.json"))
            return try JSONDecoder().decode(ScopeTable.self, from: data)
        } catch {
            fatalError("fixtures/scopes.json can't be read: \(error)")
        }
    }()
}
