import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    static let sessions = [
        TableRule(Tables.sessions) { checker, transaction in
            try checker.rows(Tables.sessions, in: transaction) { id, record in
                checker.require(record.id == id, Tables.sessions, "the session \(record.id) does not stand under its id", .impossible)
                checker.require(
                    try transaction.contains(Tables.organisations, record.orgId), Tables.sessions,
                    "the session \(id) is of an organisation that is not there")
                try checkMaking(id, of: record.orgId, by: record.makerId, record.startedBy, checker, transaction)
                checker.require(
                    try transaction.contains(Tables.sessionLiveness, id), Tables.sessions,
                    "the session \(id) has no row that its tokens live by")
            }
        },
        TableRule(Tables.sessionLiveness) { checker, transaction in
            try checker.rows(Tables.sessionLiveness, in: transaction) { id, row in
                guard let record = try checker.found(Tables.sessions, id, in: transaction) else {
                    return checker.find(
                        .dangling, Tables.sessionLiveness, "there is a row that tokens live by, of \(id), which is no session")
                }
                checker.require(
                    record.orgId == row.orgId && record.identityId == row.identityId && record.endsAt == row.endsAt, Tables.sessionLiveness,
                    "the tokens of the session \(id) live by another session's row", .impossible)
                try checker.expect(
                    Tables.expiries, Expiry.session(id, until: row.endsAt).storeKey, EmptyRow(),
                    of: "the end of the session \(id)", in: transaction)
            }
        },
        TableRule(Tables.tokens) { checker, transaction in
            try checker.rows(Tables.tokens, in: transaction) { id, row in
                let session = try checker.found(Tables.sessionLiveness, row.sessionId, in: transaction)
                checker.require(
                    session?.identityId == row.identityId, Tables.tokens,
                    "the token \(id) is of a session that is not there, or of another identity")
                try checker.expect(
                    Tables.tokensByIdentity, OwnedKey(row.identityId, id), EmptyRow(), of: "the token \(id) among its identity's",
                    in: transaction)
                try checker.expect(
                    Tables.expiries, Expiry.token(id, until: row.expiresAt).storeKey, EmptyRow(),
                    of: "the end of the token \(id)", in: transaction)
            }
        },
        TableRule(Tables.tokensByIdentity, isDerived: true) { checker, transaction in
            try checker.rows(Tables.tokensByIdentity, in: transaction) { key, _ in
                guard try checker.found(Tables.tokens, key.id, in: transaction)?.identityId != key.owner else { return }
                try checker.strike(
                    Tables.tokensByIdentity, key, "\(key.id) is listed as a token of \(key.owner), and is none", in: transaction)
            }
        },
        TableRule(Tables.refreshTokens) { checker, transaction in
            try checker.rows(Tables.refreshTokens, in: transaction) { hash, row in
                checker.require(
                    hash.count == 32 && (row.usedAt == nil ? row.successor.isEmpty : row.successor.count == 32), Tables.refreshTokens,
                    "a refresh token of the session \(row.sessionId) is used and not used", .impossible)
                checker.require(
                    try row.usedAt != nil || Expiry.refreshToken(hash, until: row.expiresAt).at <= checker.now
                        || transaction.contains(Tables.sessions, row.sessionId), Tables.refreshTokens,
                    "a refresh token is of the session \(row.sessionId), which is not there")
                try checker.expect(
                    Tables.expiries, Expiry.refreshToken(hash, until: row.expiresAt).storeKey, EmptyRow(),
                    of: "the end of a refresh token of the session \(row.sessionId)", in: transaction)
            }
        },
        TableRule(Tables.refreshAnswers) { checker, transaction in
            try checker.rows(Tables.refreshAnswers, in: transaction) { hash, answer in
                checker.require(
                    hash.count == 32 && !answer.bytes.isEmpty, Tables.refreshAnswers,
                    "an answer that is kept for a repeat is not of its form",
                    .impossible)
            }
        },
    ]
}
