import FoundationEssentials

/// This process's own memory.
enum Memory {
    /// Anonymous resident memory in KiB: what is mapped from files, the store, is not in it.
    static func anonymous() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}
