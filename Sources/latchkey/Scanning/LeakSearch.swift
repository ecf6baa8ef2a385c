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

    /// How many places are named; of more, only the number is told, and one place for each of as many secrets.
    static let mostHits = 10_000

    private(set) var hits: [Hit] = []
    private var prefixes: Set<String> = []
    private(set) var count = 0
    private(set) var files = 0
    /// Links, pipes, sockets and devices that lay about.
    private(set) var skipped = 0
    /// What could not be read, and why.
    private(set) var unread: [String] = []

    /// - Parameter name: a path; `-` is standard input. A link that is named is followed, one that is found is not.
    mutating func search(_ name: String) {
        guard name != "-" else { return read(STDIN_FILENO, place: "-") }
        let path = RawPath(name)
        var status = stat()
        guard stat(path.bytes, &status) == 0 else { return note(path, SystemError(number: errno)) }
        if status.st_mode & S_IFMT == S_IFDIR { walk(path) } else { readFile(path, isNamed: true) }
    }

    /// Directories wait on a list of their own: how deep they lie costs no stack.
    private mutating func walk(_ root: RawPath) {
        var waiting = [root]
        var isNamed = true
        while let directory = waiting.popLast() {
            do throws(SystemError) {
                for name in try DirectoryListing.names(in: directory, followsLink: isNamed) {
                    let path = directory.appending(name)
                    var status = stat()
                    guard lstat(path.bytes, &status) == 0 else {
                        note(path, SystemError(number: errno))
                        continue
                    }
                    switch status.st_mode & S_IFMT {
                    case S_IFDIR: waiting.append(path)
                    case S_IFREG: readFile(path, isNamed: false)
                    // A pipe or a device that lies about would be read for ever.
                    default: skipped += 1
                    }
                }
            } catch {
                note(directory, error)
            }
            isNamed = false
        }
    }

    /// - Parameter isNamed: whether it is the user who said what is to be read: then it may be a link, or a pipe that has to be waited for.
    private mutating func readFile(_ path: RawPath, isNamed: Bool) {
        let file = open(path.bytes, O_RDONLY | O_CLOEXEC | (isNamed ? 0 : O_NOFOLLOW | O_NONBLOCK))
        guard file >= 0 else { return note(path, SystemError(number: errno)) }
        defer { close(file) }
        read(file, place: path.text)
    }

    private mutating func read(_ descriptor: CInt, place: String) {
        files += 1
        var scanner = SecretScanner()
        var chunk = [UInt8](repeating: 0, count: 262_144)
        defer { chunk.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        var found: [SecretScanner.Finding] = []
        while true {
            let size = Glibc.read(descriptor, &chunk, chunk.count)
            let number = errno
            if size < 0, number == EINTR { continue }
            if size > 0 {
                scanner.scan(chunk.span.extracting(0..<size)) { found.append($0) }
            } else {
                scanner.finish { found.append($0) }
            }
            count += found.count
            for finding in found { keep(Hit(place: place, finding: finding)) }
            found.removeAll(keepingCapacity: true)
            if size < 0 { unread.append("\(place): \(SystemError(number: number))") }
            guard size > 0 else { return }
        }
    }

    /// That one secret is everywhere must not hide another.
    private mutating func keep(_ hit: Hit) {
        let isNew = prefixes.count < Self.mostHits && prefixes.insert(hit.finding.prefix).inserted
        if isNew || hits.count < Self.mostHits { hits.append(hit) }
    }

    private mutating func note(_ path: RawPath, _ error: SystemError) { unread.append("\(path.text): \(error)") }
}
