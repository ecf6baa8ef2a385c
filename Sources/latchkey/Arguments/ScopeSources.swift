import ArgumentParser
import Glibc
import LatchkeyScopes

/// Where a key's scopes come from, besides `--scope`.
struct ScopeSources: ParsableArguments {
    private static let longest = 65_536

    @Option(help: ArgumentHelp("A file of scopes, one a line; empty lines and those that begin with # are passed over.", valueName: "path"))
    var scopesFile: String?

    @Option(help: ArgumentHelp("The scopes of a template (latchkey scopes templates); may be repeated.", valueName: "name"))
    var template: [String] = []

    var isGiven: Bool { scopesFile != nil || !template.isEmpty }

    func validate() throws {
        for name in template where Self.template(name) == nil {
            let names = ScopeTemplate.all.map(\.name)
            let guess =
                KnownWords.nearest(to: name, among: names).map { "; did you mean \($0)?" }
                ?? "; there are: \(names.joined(separator: ", "))"
            throw ValidationError("there is no template \(Shown.word(name))\(guess)")
        }
    }

    /// - Throws: `.usage` when the file can't be read, or has no scope in it.
    func scopes() throws(CommandFailure) -> [String] {
        let templates = template.compactMap(Self.template).flatMap(\.scopes.texts)
        guard let scopesFile else { return templates }
        return templates + (try Self.read(scopesFile))
    }

    /// The scopes of a text, as they stand there.
    static func parse(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
            return words.isEmpty || words.first == "#" ? nil : String(words)
        }
    }

    private static func template(_ name: String) -> ScopeTemplate? { ScopeTemplate.all.first { $0.name.utf8.elementsEqual(name.utf8) } }

    private static func read(_ path: String) throws(CommandFailure) -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandFailure(.usage, "the scopes' file \(path) can't be read: \(SystemError(number: errno))") }
        defer { close(file) }
        let bytes: [UInt8]
        do {
            bytes = try Descriptor.read(file, limit: longest)
        } catch {
            throw CommandFailure(.usage, "the scopes' file \(path) can't be read: \(error)")
        }
        guard bytes.count <= longest else { throw CommandFailure(.usage, "the scopes' file \(path) is longer than 64 KiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.usage, "the scopes' file \(path) is no text")
        }
        let scopes = parse(text)
        guard !scopes.isEmpty else {
            throw CommandFailure(
                .usage, "the scopes' file \(path) has no scope in it", hint: "write one a line, as in relayfile:fs:read:/docs/*")
        }
        return scopes
    }
}
