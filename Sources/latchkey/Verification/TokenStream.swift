import Glibc
import LatchkeyVerifier
import Synchronization

/// Tokens on standard input, one a line, answered on standard output, a line each and in their order: the claims of a good one, the reason
/// why another is not. The signatures are checked on all cores.
struct TokenStream {
    /// Bytes: no token is longer (`malformed` says so).
    private static let greatestLine = 16 * 1024
    /// Tokens that one task takes at a time: small, so that the tasks end together.
    private static let pieceSize = 16

    private let check: TokenCheck
    private let clock: any WallClock

    init(check: TokenCheck, clock: any WallClock = SystemClock()) {
        self.check = check
        self.clock = clock
    }

    /// How many tokens there were, and what was wrong with those that are not good.
    struct Tally: Sendable {
        var count = 0
        var refusals: [VerificationError.Reason: Int] = [:]
        /// The last refusal.
        var last: VerificationError?

        var refused: Int { refusals.values.reduce(0, +) }
    }

    /// Everything up to the end of standard input.
    func run() async throws -> Tally {
        var tally = Tally()
        var batches = LineBatches(STDIN_FILENO, greatestLine: Self.greatestLine)
        while true {
            let lines: [[UInt8]]
            do {
                lines = try batches.next()
            } catch {
                throw CommandFailure(.failed, "standard input can't be read: \(error)")
            }
            guard !lines.isEmpty else { return tally }
            // One reading for all that were there: each is held against one moment, and none against an older one than its arrival.
            for piece in await answers(to: lines, at: clock.now()) {
                try Output.write(piece.text.span)
                tally.count += piece.count
                tally.refusals.merge(piece.refusals, uniquingKeysWith: +)
                tally.last = piece.last ?? tally.last
            }
        }
    }

    private struct Piece: Sendable {
        var text: [UInt8] = []
        var count = 0
        var refusals: [VerificationError.Reason: Int] = [:]
        var last: VerificationError?
    }

    private func answers(to lines: [[UInt8]], at now: Timestamp) async -> [Piece] {
        let pieceCount = (lines.count + Self.pieceSize - 1) / Self.pieceSize
        let next = NextPiece()
        let found = await withTaskGroup(of: [(Int, Piece)].self) { group in
            for _ in 0..<min(pieceCount, Self.coreCount) {
                group.addTask {
                    var done: [(Int, Piece)] = []
                    while case let index = next.take(), index < pieceCount {
                        let start = index * Self.pieceSize
                        done.append((index, answer(lines[start..<min(start + Self.pieceSize, lines.count)], at: now)))
                    }
                    return done
                }
            }
            var pieces = [Piece](repeating: Piece(), count: pieceCount)
            for await done in group { for (index, piece) in done { pieces[index] = piece } }
            return pieces
        }
        return found
    }

    private func answer(_ lines: ArraySlice<[UInt8]>, at now: Timestamp) -> Piece {
        var piece = Piece()
        for line in lines {
            let answer: [UInt8]
            do {
                answer = try check.claims(of: Self.trimmed(line), at: now).json()
            } catch {
                answer = TokenCheck.verdict(error)
                piece.refusals[error.reason, default: 0] += 1
                piece.last = error
            }
            piece.text.append(contentsOf: Shown.json(answer))
            piece.text.append(UInt8(ascii: "\n"))
            piece.count += 1
        }
        return piece
    }

    /// A line without the white space round it, CR included.
    private static func trimmed(_ line: [UInt8]) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = line.firstIndex(where: { !isSpace($0) }), let last = line.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(decoding: line[first...last], as: UTF8.self)
    }

    /// Which piece the next task takes.
    private final class NextPiece: Sendable {
        private let index = Atomic(0)

        func take() -> Int { index.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    private static let coreCount = max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))))
}
