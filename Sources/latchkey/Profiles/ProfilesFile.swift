import FoundationEssentials
import Glibc
import LatchkeyScopes

/// The site's profiles, as its file has them.
struct ProfilesFile {
    static let variable = "LATCHKEY_PROFILES_FILE"
    static let packaged = "/etc/latchkey/profiles.json"
    private static let longest = 262_144

    let path: String
    /// In the order of the file.
    let profiles: [Profile]

    /// - Parameter given: what the command line names; else `LATCHKEY_PROFILES_FILE`, else the packaged place.
    /// - Throws: `.usage` when it can't be read, is no regular file, may be written by everybody, is longer than 256 KiB, or says anything that
    ///   is no profile.
    static func read(_ given: String?) throws(CommandFailure) -> ProfilesFile {
        let path = given ?? named
        let bytes = try bytes(path)
        return ProfilesFile(path: path, profiles: try ProfilesReader(path: path).profiles(bytes))
    }

    /// - Throws: `.usage` with the name that was probably meant.
    func profile(_ name: String) throws(CommandFailure) -> Profile {
        if let profile = profiles.first(where: { $0.name == name }) { return profile }
        let names = profiles.map(\.name)
        let guess = KnownWords.nearest(to: name, among: names).map { "did you mean \($0)?" }
        throw CommandFailure(
            .usage, "there is no profile \(Shown.word(name)) in \(path)", hint: guess ?? "there are: \(names.joined(separator: ", "))")
    }

    private static var named: String {
        let variable = ProcessInfo.processInfo.environment[variable] ?? ""
        return variable.isEmpty ? packaged : variable
    }

    private static func bytes(_ path: String) throws(CommandFailure) -> [UInt8] {
        // Without waiting: opening a pipe that nobody writes to would block before it can be refused.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw CommandFailure(
                .usage, "the profiles' file \(path) can't be read: \(SystemError(number: errno))",
                hint: "name another one with --profiles-file PATH or \(variable)")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.usage, "the profiles' file \(path) is not a regular file")
        }
        // It decides what keys may do.
        guard status.st_mode & S_IWOTH == 0 else {
            throw CommandFailure(
                .usage, "the profiles' file \(path) may be written by everybody; it was not read", hint: "chmod o-w \(path)")
        }
        let bytes: [UInt8]
        do {
            bytes = try Descriptor.read(file, limit: longest)
        } catch {
            throw CommandFailure(.usage, "the profiles' file \(path) can't be read: \(error)")
        }
        guard bytes.count <= longest else { throw CommandFailure(.usage, "the profiles' file \(path) is longer than 256 KiB") }
        return bytes
    }
}
