import CLMDB
import Glibc

extension StoreError {
    /// Turns a failed return code of LMDB (negative) or of the system beneath it (an errno) into an error.
    /// - Parameter doing: what was tried, as the object of "can't": "write to the store".
    static func failure(_ number: Int32, _ doing: String) -> StoreError {
        let reason = unsafe String(cString: mdb_strerror(number))
        func error(_ code: Code, _ advice: String) -> StoreError {
            StoreError(code, "can't \(doing): \(reason). \(advice)", cause: number)
        }
        switch number {
        case MDB_MAP_FULL:
            return error(.unavailable, "The store has reached its largest size; remove what isn't needed or raise the size limit.")
        case ENOSPC, EDQUOT, EFBIG:
            return error(.unavailable, "Make room on the file system that holds the store.")
        case EROFS, EACCES, EPERM:
            return error(.unavailable, "Make the store's directory and files writable for this process.")
        case MDB_READERS_FULL:
            return error(.unavailable, "Too many reads run at the same time.")
        case MDB_TXN_FULL:
            return error(.unavailable, "Too much was changed in one write; change less at a time.")
        case MDB_PANIC:
            return error(.unavailable, "An earlier write to the file failed; check the disk.")
        case EIO, ENOMEM, EMFILE, ENFILE, EAGAIN:
            return error(.unavailable, "Check the disk, the system's log and this process's limits.")
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_CURSOR_FULL, MDB_PAGE_FULL:
            return error(.corrupt, "Restore the store from a backup.")
        case MDB_INVALID, MDB_VERSION_MISMATCH, MDB_INCOMPATIBLE:
            return error(.foreign, "The file isn't a store of this program; choose another directory.")
        case MDB_BAD_VALSIZE:
            return error(.invalidKey, "A key has 1 to 511 bytes.")
        case MDB_BAD_TXN:
            return error(.unavailable, "An earlier step of the same write failed.")
        default:
            return error(.notOpenable, "Check the directory that was given for the store.")
        }
    }
}
