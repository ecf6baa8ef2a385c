import Glibc

/// A pipe between this process and a child. Neither end is one of the first three descriptors, and no child has either but by the numbers
/// that it is given.
final class Pipe {
    let reading: CInt
    private(set) var writing: CInt
    private var isOpen = true

    init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(number: errno) }
        for index in ends.indices {
            // A descriptor that was closed when this program started is free for others, and a dup of it onto itself would not survive.
            let moved = fcntl(ends[index], F_DUPFD_CLOEXEC, 3)
            let number = errno
            Glibc.close(ends[index])
            ends[index] = moved
            guard moved >= 0 else {
                for end in ends where end >= 3 { Glibc.close(end) }
                throw SystemError(number: number)
            }
        }
        reading = ends[0]
        writing = ends[1]
    }

    func closeWriting() {
        if writing >= 0 { Glibc.close(writing) }
        writing = -1
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        closeWriting()
        Glibc.close(reading)
    }

    deinit { close() }

    /// How many bytes were written to it that nobody has read; `nil` when the system does not tell.
    var waiting: Int? {
        var count: CInt = 0
        return ioctl(reading, UInt(FIONREAD), &count) == 0 ? Int(count) : nil
    }

    /// Reads what is there; of that and `words`, the last bytes are kept.
    ///
    /// - Parameter patience: how long it is waited for something to read, in milliseconds.
    func gather(_ words: inout [UInt8], most: Int, patience: CInt) {
        var state = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        guard poll(&state, 1, patience) > 0, state.revents & Int16(POLLIN) != 0 else {
            // At its end a pipe is always ready: without this, whoever waits for the process would wait in a circle.
            if state.revents != 0, patience > 0 { poll(nil, 0, patience) }
            return
        }
        var chunk = [UInt8](repeating: 0, count: 16_384)
        // A bounded piece at a time: a program that never stops talking is still looked at.
        for _ in 0..<16 {
            let count = read(reading, &chunk, chunk.count)
            guard count > 0 else { break }
            words.append(contentsOf: chunk[..<count])
            if words.count > most { words.removeFirst(words.count - most) }
            guard let left = waiting, left > 0 else { break }
        }
        chunk.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }
}
