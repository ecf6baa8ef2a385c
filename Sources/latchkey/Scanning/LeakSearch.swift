import FoundationEssentials
import Glibc
import LatchkeyAuthority

/// Reads what is to be searched for secrets: files, directories with all that is below them, or standard input.
struct LeakSearch {
    /// One secret at one place.
    struct Hit {
        /// The file's path, or `-` for standard input.
        let place: String
        let finding: SecretScanner.Finding
    }

    /// How many places are named; of more, only the number is told.
    static let mostHits = 10_000

    private(set) var hits: [Hit] = []
    private(set) var count = 0
    private(set) var files = 0
    /// What could not be read, and why.
    private(set) var unread: [String] = []

    /// - Parameter path: `-` is standard input. A link that is named is followed, one that is found is not.
    mutating func search(_ path: String) {
        guard path != "-" else { return read(STDIN_FILENO, place: "-") }
        var status = stat()
        guard stat(path, &status) == 0 else { return note(path, errno) }
        if status.st_mode & S_IFMT == S_IFDIR { walk(path) } else { readFile(path, mayWait: true) }
    }

    /// Directories wait on a list of their own: how deep they lie costs no stack.
    private mutating func walk(_ root: String) {
        var waiting = [root]
        while let directory = waiting.popLast() {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
                note(directory, errno == 0 ? EACCES : errno)
                continue
            }
            for name in names.sorted() {
                let path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
                var status = stat()
                guard lstat(path, &status) == 0 else {
                    note(path, errno)
                    continue
                }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: waiting.append(path)
                // A pipe or a device that lies about would be read for ever.
                case S_IFREG: readFile(path, mayWait: false)
                default: break
                }
            }
        }
    }

    private mutating func readFile(_ path: String, mayWait: Bool) {
        let file = open(path, O_RDONLY | O_CLOEXEC | (mayWait ? 0 : O_NOFOLLOW | O_NONBLOCK))
        guard file >= 0 else { return note(path, errno) }
        defer { close(file) }
        read(file, place: path)
    }

    private mutating func read(_ descriptor: CInt, place: String) {
        files += 1
        var scanner = SecretScanner()
        var chunk = [UInt8](repeating: 0, count: 262_144)
        defer { chunk.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        while true {
            let size = Glibc.read(descriptor, &chunk, chunk.count)
            if size < 0, errno == EINTR { continue }
            guard size >= 0 else { return note(place, errno) }
            guard size > 0 else { return }
            var found: [SecretScanner.Finding] = []
            scanner.scan(chunk.span.extracting(0..<size)) { found.append($0) }
            count += found.count
            for finding in found where hits.count < Self.mostHits { hits.append(Hit(place: place, finding: finding)) }
        }
    }

    private mutating func note(_ path: String, _ number: CInt) { unread.append("\(path): \(SystemError(number: number))") }
}
