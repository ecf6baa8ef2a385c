import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

/// The pair as bytes, for the answer that is kept sealed for the retry window: whoever opens it gets the very same tokens and times.
extension TokenPair {
    func packed() throws -> Secret {
        var writer = BinaryWriter(reserving: 2048)
        writer.timestamp(accessTokenExpiresAt)
        writer.timestamp(refreshTokenExpiresAt)
        try writer.string(tokenId)
        try writer.string(sessionId)
        for secret in [refreshToken, accessToken] {
            writer.u32(UInt32(secret.count))
            secret.withBytes { bytes in for index in bytes.indices { writer.u8(bytes[index]) } }
        }
        return Secret(copying: writer.bytes)
    }

    init(packed: Secret) throws {
        self = try packed.withBytes { bytes in
            try BinaryReader.read(bytes) { reader in
                let accessTokenExpiresAt = try reader.timestamp()
                let refreshTokenExpiresAt = try reader.timestamp()
                let tokenId = try reader.string()
                let sessionId = try reader.string()
                let refreshToken = Secret(copying: try reader.bytes(Int(reader.u32())))
                let accessToken = Secret(copying: try reader.bytes(Int(reader.u32())))
                return TokenPair(
                    accessToken: accessToken, refreshToken: refreshToken, accessTokenExpiresAt: accessTokenExpiresAt,
                    refreshTokenExpiresAt: refreshTokenExpiresAt, tokenId: tokenId, sessionId: sessionId)
            }
        }
    }
}
