import FoundationEssentials
import Glibc

/// A service manager's end of `sd_notify(3)`.
final class NotifySocket: Sendable {
    let name: String
    private let descriptor: CInt

    /// - Parameter name: a path, or `@` and a name without a file.
    init(_ name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = name.hasPrefix("@") ? [0] + Array(name.utf8.dropFirst()) : Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let answer = withUnsafeBytes(of: address) { bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), size) }
        guard answer == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    deinit { close(descriptor) }

    /// What has come, one message an element, each as its lines.
    var messages: [[String]] {
        var messages: [[String]] = []
        while let message = receive(CInt(MSG_DONTWAIT)) { messages.append(message) }
        return messages
    }

    private func receive(_ flags: CInt) -> [String]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, flags)
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
