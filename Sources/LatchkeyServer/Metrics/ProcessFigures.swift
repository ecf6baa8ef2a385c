import Glibc

/// What the kernel says of this process. What it does not say is left out.
struct ProcessFigures {
    /// Bytes of memory that are its own and in use; the store's map, which counts as shared, is not among them.
    let residentBytes: Int?
    let openDescriptors: Int?
    let mostDescriptors: Int?

    init() {
        residentBytes = Self.ownMemory()
        openDescriptors = Self.descriptors()
        var limit = rlimit()
        mostDescriptors =
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Int(clamping: limit.rlim_cur) : nil
    }

    /// Pages that are resident less those that are shared (proc(5), `statm`).
    private static func ownMemory() -> Int? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, CInt(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let numbers = text.split(separator: " ").compactMap { Int($0) }
        guard numbers.count >= 3 else { return nil }
        return (numbers[1] - numbers[2]) * sysconf(CInt(_SC_PAGESIZE))
    }

    private static func descriptors() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count - 1  // that of the directory itself
    }
}
