import Glibc

/// The lines of a file descriptor, as many at a time as are there: whoever sends one line and waits gets it answered, and whoever sends a
/// flood has it read in large pieces. At most a batch and one line are in memory.
struct LineBatches {
    /// Bytes of one batch. A token has some 700.
    private static let batchSize = 1 << 20
    /// A line costs more than its bytes, and there may be nothing but short ones.
    private static let greatestLineCount = 4096
    private static let chunkSize = 1 << 16

    private let descriptor: CInt
    private let greatestLine: Int
    private var rest: [UInt8] = []
    /// What was read and not yet looked at.
    private var unread: ArraySlice<UInt8> = []
    private var isAtEnd = false
    private var chunk = [UInt8](repeating: 0, count: chunkSize)

    /// - Parameter greatestLine: bytes; of a longer line so many and one are given out.
    init(_ descriptor: CInt, greatestLine: Int) {
        self.descriptor = descriptor
        self.greatestLine = greatestLine
    }

    /// The next lines, without their ends; waits until there is one. Empty at the end.
    ///
    /// - Throws: the operating system's number as a `SystemError`.
    mutating func next() throws(SystemError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var size = 0
        while lines.count < Self.greatestLineCount {
            if !unread.isEmpty {
                takeLine(into: &lines)
                continue
            }
            // A line that is longer than a batch ends none: a batch without a line would be taken for the end.
            guard !isAtEnd, lines.isEmpty || size < Self.batchSize, lines.isEmpty || isReady else { break }
            unread = []
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                unread = chunk[..<count]
                size += count
            } else if count == 0 {
                isAtEnd = true
                if !rest.isEmpty { finishLine(into: &lines) }
            } else if errno == EAGAIN {
                waitForInput()
            } else if errno != EINTR {
                throw SystemError(number: errno)
            }
        }
        return lines
    }

    /// What is unread up to the end of its first line, or all of it.
    private mutating func takeLine(into lines: inout [[UInt8]]) {
        guard let end = unread.firstIndex(of: UInt8(ascii: "\n")) else {
            append(unread)
            unread = []
            return
        }
        append(unread[..<end])
        finishLine(into: &lines)
        unread = unread[(end + 1)...]
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        rest.append(contentsOf: bytes.prefix(max(0, greatestLine + 1 - rest.count)))
    }

    private mutating func finishLine(into lines: inout [[UInt8]]) {
        lines.append(rest)
        rest = []
    }

    /// Whether a read would not wait.
    private var isReady: Bool {
        var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&input, 1, 0) > 0
    }

    private func waitForInput() {
        var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&input, 1, -1)
    }
}
