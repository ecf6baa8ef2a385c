import ArgumentParser

struct Verifiers: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "verifiers",
        abstract: "List who verifies this install's tokens, and with which algorithms: the gates of the cutover count on it.",
        discussion: """
            latchkey cutover verifiers add gateway --accepts rs256,hs256
            latchkey cutover verifiers list
            """,
        subcommands: [ListVerifiers.self, AddVerifier.self, RemoveVerifier.self]
    )
}

/// The algorithms that a verifier accepts, joined by commas.
struct AcceptedAlgorithms: ExpressibleByArgument {
    /// As on the wire, RS256 first.
    let names: [String]

    init?(argument: String) {
        let given = argument.split(separator: ",", omittingEmptySubsequences: false).map { $0.uppercased() }
        let known = ["RS256", "HS256"]
        guard !given.isEmpty, given.allSatisfy(known.contains), Set(given).count == given.count else { return nil }
        names = known.filter(given.contains)
    }
}
