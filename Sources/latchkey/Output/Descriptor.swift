import Glibc

/// Whole writes and bounded reads on a file descriptor.
enum Descriptor {
    /// Writes every byte. The result is the operating system's number for why it could not, `nil` when all went out.
    static func write(_ bytes: Span<UInt8>, to descriptor: CInt) -> CInt? {
        bytes.withUnsafeBufferPointer { buffer in
            var rest = UnsafeRawBufferPointer(buffer)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count >= 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if errno == EAGAIN {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&ready, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }

    /// Reads to the end, but not more than `limit` bytes and one, so that the caller can tell "too long".
    ///
    /// - Throws: the operating system's number as a `SystemError`.
    static func read(_ descriptor: CInt, limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit + 1 - bytes.count))
            if count == 0 { break }
            if count > 0 {
                bytes.append(contentsOf: chunk[..<count])
            } else if errno != EINTR {
                throw SystemError(number: errno)
            }
        }
        return bytes
    }
}

/// An `errno`, with the system's words for it.
struct SystemError: Error, CustomStringConvertible {
    let number: CInt

    var description: String { String(cString: strerror(number)) }
}
