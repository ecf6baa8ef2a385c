import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import LatchkeyCrypto
@testable import LatchkeyExamples
import LatchkeyVerifier
import Logging
import NIOCore
import Testing

@Suite("The documentation's examples")
struct ExampleTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let page = "packaging/doc/verifying.md"

    private static func lines(_ path: String) throws -> [String] {
        let text = String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The Swift sources of the library, as paths below the root.
    private static func sources() throws -> [String] {
        let folder = "Sources/LatchkeyVerifier"
        let found = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
        return found.filter { $0.hasSuffix(".swift") }.sorted().map { "\(folder)/\($0)" }
    }

    /// What stands between ```` ```swift ```` and its end, a block each, without the marks of a comment.
    private static func blocks(in lines: [String], comment: Bool) -> [[String]] {
        var blocks: [[String]] = []
        var block: [String]?
        for line in lines {
            var text = bare(line)
            if comment {
                guard text.hasPrefix("///") else { continue }
                text = bare(String(text.dropFirst(3)))
            }
            if text == "```swift" {
                block = []
            } else if text == "```", let ended = block {
                blocks.append(ended)
                block = nil
            } else if !text.isEmpty {
                block?.append(text)
            }
        }
        return blocks
    }

    /// A line without its indentation.
    private static func bare(_ line: String) -> String { String(line.drop { $0 == " " }) }

    @Test("stand word for word in files that the tests compile")
    func compiled() throws {
        let here = "Tests/Examples"
        let compiled = try ["Examples.swift", "ExampleMiddleware.swift"].flatMap { name in
            try Self.lines("\(here)/\(name)").map(Self.bare).filter { !$0.isEmpty }
        }
        var blocks = Self.blocks(in: try Self.lines(Self.page), comment: false)
        #expect(blocks.count >= 5)
        for source in try Self.sources() { blocks += Self.blocks(in: try Self.lines(source), comment: true) }
        #expect(blocks.count >= 11)
        for block in blocks {
            let isThere = compiled.indices.contains { compiled[$0...].starts(with: block) }
            #expect(isThere, "\(block.joined(separator: "\n"))")
        }
    }

    @Test("show a middleware of ten lines")
    func tenLines() throws {
        let blocks = Self.blocks(in: try Self.lines(Self.page), comment: false)
        let middleware = try #require(blocks.first { $0.first?.contains("RouterMiddleware") == true })
        #expect(middleware.count == 10)
    }

    @Test("show a middleware that lets good tokens in, and no others")
    func middleware() async throws {
        var draft = TokenDraft()
        let now = SystemClock().now().seconds
        draft.claims.issuedAt = now
        draft.claims.expiresAt = now + 600
        let verifier = TokenVerifier(
            keys: try Keys.set(Keys.first), policy: TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"]))
        let good = "Bearer " + (try draft.signed())
        let expired = "Bearer " + (try draft.signed { $0.claims.expiresAt = now - 61 })
        let read = RequireScope<PlainContext>(verifier: verifier, scope: "relayfile:fs:read:/docs/a")
        let write = RequireScope<PlainContext>(verifier: verifier, scope: "relayfile:fs:write:/docs/a")
        #expect(try await Self.status(read, good) == .ok)
        #expect(try await Self.status(write, good) == .forbidden)
        for other in [expired, "Bearer ", "Bearer x", "Basic \(good)", "", nil] {
            #expect(try await Self.status(read, other) == .unauthorized)
        }
    }

    private struct PlainSource: RequestContextSource {
        let logger = Logger(label: "example")
    }

    private struct PlainContext: RequestContext {
        typealias Source = PlainSource

        var coreContext: CoreRequestContextStorage

        init(source: PlainSource) { coreContext = CoreRequestContextStorage(source: source) }
    }

    /// What a request with this `Authorization` is answered.
    private static func status(_ middleware: RequireScope<PlainContext>, _ authorization: String?) async throws -> HTTPResponse.Status {
        var head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/docs/a")
        head.headerFields[.authorization] = authorization
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        do {
            return try await middleware.handle(request, context: PlainContext(source: PlainSource())) { _, _ in Response(status: .ok) }
                .status
        } catch let error as HTTPError {
            return error.status
        }
    }

    @Test("belong to a library that knows no store and no HTTP")
    func imports() throws {
        let allowed: Set = ["FoundationEssentials", "Glibc", "LatchkeyCrypto", "LatchkeyScopes", "Synchronization"]
        for source in try Self.sources() {
            for line in try Self.lines(source) where line.contains("import ") && !line.hasPrefix("///") && !line.hasPrefix("    ") {
                let name = String(line.split(separator: " ").last ?? "")
                #expect(allowed.contains(name), "\(source): \(line)")
            }
        }
    }
}
