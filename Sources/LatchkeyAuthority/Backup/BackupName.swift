import FoundationEssentials
import Glibc
package import LatchkeyVerifier

/// Backups in a directory of their own, named by the time at which they were made, so that their names are in the order of their age.
package enum BackupName {
    private static let prefix = "latchkey-"
    private static let suffix = ".backup"

    /// `20261121T205507Z`.
    static func stamp(_ moment: Timestamp) -> String {
        let whole = moment.description.split(separator: ".").first ?? ""
        return whole.filter { $0 != "-" && $0 != ":" && $0 != "Z" } + "Z"
    }

    /// The name of a backup that is made at a moment.
    package static func name(at moment: Timestamp) -> String { prefix + stamp(moment) + suffix }

    /// The names of backups among others, the newest first.
    package static func backups(among names: [String]) -> [String] {
        names.filter { name in
            guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
            let middle = Array(name.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count))
            return middle.count == 16 && middle[8] == UInt8(ascii: "T") && middle[15] == UInt8(ascii: "Z")
                && (middle[..<8] + middle[9..<15]).allSatisfy { (48...57).contains($0) }
        }.sorted(by: >)
    }

    /// Removes the oldest backups of an install from a directory beyond so many. What goes by another name, is no backup, or is one of another
    /// install is not touched and not counted.
    ///
    /// - Parameters:
    ///   - count: how many stay, the new one among them.
    ///   - install: the id of the install.
    ///   - new: the name of the one that was just made. It stays, whatever the others are called: a clock that was wrong once leaves a name
    ///     that no honest one comes after.
    /// - Returns: the names that were removed.
    /// - Throws: `.unavailable` when one can't be.
    package static func prune(
        _ directory: String, keeping count: Int, of install: String, new: String
    ) throws(BackupError) -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw BackupError(.unavailable, "\(directory) can't be read, so no old backup was removed")
        }
        let old = backups(among: names).filter { $0 != new && isBackup("\(directory)/\($0)", of: install) }.dropFirst(count - 1)
        for name in old {
            guard unlink("\(directory)/\(name)") == 0 else {
                throw BackupError.system("the old backup \(directory)/\(name) can't be removed")
            }
        }
        return Array(old)
    }

    /// By what it says of itself.
    private static func isBackup(_ path: String, of install: String) -> Bool {
        do {
            return try BackupFile(path: path).header().installId == install
        } catch {
            return false
        }
    }
}
