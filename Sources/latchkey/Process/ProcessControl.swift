import Glibc

/// `prctl` of this process. It is variadic, which Swift does not import, hence the look-up; its arguments are words on every Linux ABI.
enum ProcessControl {
    /// - Parameters:
    ///   - option: a number of <linux/prctl.h>.
    ///   - value: what the option takes.
    static func set(_ option: CInt, _ value: CUnsignedLong) {
        typealias Call = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "prctl") else { return }
        _ = unsafeBitCast(symbol, to: Call.self)(option, value, 0, 0, 0)
    }
}
