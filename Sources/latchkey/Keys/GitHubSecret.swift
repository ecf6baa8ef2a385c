/// A secret of a repository's GitHub Actions, kept by the program `gh`.
struct GitHubSecret: Equatable {
    let repository: String
    let name: String

    /// - Parameter text: `OWNER/REPO:NAME`. Nothing in it is ever taken for an option.
    init?(_ text: String) {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2 else { return nil }
        let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isPlain(parts[0], and: "-_", longest: 39), Self.isPlain(parts[1], and: "-_.", longest: 100),
            parts[1] != ".", parts[1] != "..", Self.isPlain(halves[1][...], and: "_", longest: 100),
            halves[1].first?.isNumber == false
        else { return nil }
        repository = halves[0]
        name = halves[1]
    }

    /// - Throws: `.failed` when `gh` is not installed.
    func command() throws(CommandFailure) -> KeyCommand {
        let program = try ProgramPath.find("gh", hint: "install GitHub's command line, or use --to-command")
        return KeyCommand(program: program, arguments: arguments, title: "gh secret set", seconds: KeyCommand.longest)
    }

    /// Without a body `gh` reads the secret from its standard input.
    var arguments: [String] { ["secret", "set", name, "--repo", repository] }

    private static func isPlain(_ text: Substring, and others: String, longest: Int) -> Bool {
        (1...longest).contains(text.utf8.count) && text.first != "-"
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }
    }
}
