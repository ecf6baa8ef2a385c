import HTTPTypes
import LatchkeyAuthority

/// Contract §9: a copy of the whole install.
enum BackupRoutes {
    static let all = [create]

    private static let create = Route.post("/v1/admin/backup", "createBackup", .operation, "A backup of the whole install, while it runs")
        .note(
            "The file as it is to be kept, as the store was when the copy began; its end holds a checksum of all before it. An answer that ends "
                + "early is cut off, not ended. `latchkey backup verify` proves it, `latchkey restore` brings it back."
        )
        .socketOnly
        .body(BackupBody.self)
        .answers(.ok, contents: [("application/octet-stream", .string())], headers: .noStore)
        .refuses(.signingUnavailable)
        .handle { call, body in BackupAnswer.answer(try await call.authority.backUp(body.request, by: call.caller), of: call.authority) }
}
