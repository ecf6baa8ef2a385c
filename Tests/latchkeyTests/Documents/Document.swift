import FoundationEssentials
import Testing

/// A document of the project, and what it tells its reader to type.
struct Document: Sendable, CustomTestStringConvertible {
    /// A thing that happens in a transcript.
    enum Step: Sendable {
        /// A line that begins with `$ `, and what it is said to print.
        case command(String, output: [String])
        /// A line that begins with `# `: what happens in the world meanwhile.
        case event(String)
    }

    /// From the root of the project.
    let path: String
    let text: String

    var testDescription: String { path }

    private static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/"

    init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    init(_ path: String) throws {
        self.path = path
        text = String(decoding: try Data(contentsOf: URL(filePath: Self.root + path)), as: UTF8.self)
    }

    /// Where a file of the project is.
    static func file(_ path: String) -> String { root + path }

    /// Those of a folder, by name.
    static func all(in folder: String) throws -> [Document] {
        try FileManager.default.contentsOfDirectory(atPath: root + folder).filter { $0.hasSuffix(".md") }.sorted().map {
            try Document(folder + "/" + $0)
        }
    }

    /// The lines of fenced blocks, each block without the indentation of its fence.
    private var blocks: [[String]] {
        var blocks: [[String]] = []
        var indentation: Int?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            let spaces = line.prefix { $0 == " " }.count
            if line.dropFirst(spaces).hasPrefix("```") {
                if indentation == nil { blocks.append([]) }
                indentation = indentation == nil ? spaces : nil
            } else if let indentation {
                blocks[blocks.count - 1].append(String(line.dropFirst(min(spaces, indentation))))
            }
        }
        return blocks
    }

    /// The transcripts, in their order. A command goes on after a `\` at its end, or with lines that begin with `> `.
    var steps: [Step] {
        var steps: [Step] = []
        for block in blocks where block.contains(where: { $0.hasPrefix("$ ") || $0.hasPrefix("# ") }) {
            var isOpen = false
            for line in block {
                if line.hasPrefix("$ ") {
                    steps.append(.command(String(line.dropFirst(2)), output: []))
                    isOpen = true
                } else if line.hasPrefix("# ") {
                    steps.append(.event(String(line.dropFirst(2))))
                } else if case .command(let command, let output) = steps.last {
                    if isOpen, line.hasPrefix(">") {
                        steps[steps.count - 1] = .command(command + "\n" + line.dropFirst(2), output: [])
                    } else if isOpen, command.hasSuffix("\\") {
                        steps[steps.count - 1] = .command(command.dropLast() + line, output: [])
                    } else {
                        isOpen = false
                        steps[steps.count - 1] = .command(command, output: output + [line])
                    }
                }
            }
        }
        return steps
    }

    /// The command lines that are only named: those between back-quotes, and those of blocks that are no transcripts.
    var mentions: Set<String> {
        let spans = text.split(separator: "\n").flatMap { line in
            line.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { !$0.offset.isMultiple(of: 2) }.map {
                String($0.element)
            }
        }
        return Set((spans + blocks.joined()).filter { $0.hasPrefix("latchkey ") })
    }
}
