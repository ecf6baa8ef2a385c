import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    static let install = [
        TableRule(Tables.install) { checker, transaction in
            var count = 0
            try checker.rows(Tables.install, in: transaction) { key, install in
                count += 1
                checker.require(key == InstallRecord.key, Tables.install, "there is a second install", .impossible)
                checker.require(
                    try transaction.contains(Tables.organisations, install.firstOrganisation), Tables.install,
                    "the install names its first organisation, \(install.firstOrganisation), which is not there")
                checker.require(
                    try transaction.contains(Tables.anchors, install.anchor), Tables.install,
                    "the install names its trust anchor, \(install.anchor), which is not there")
            }
            checker.require(count > 0, Tables.install, "the record of the install is not there", .impossible)
        },
        TableRule(Tables.organisations) { checker, transaction in
            try checker.rows(Tables.organisations, in: transaction) { id, record in
                checker.require(
                    record.id == id && Identifier.isPlausible(id, .organisation), Tables.organisations,
                    "the organisation \(record.id) does not stand under its id", .impossible)
            }
        },
        TableRule(Tables.clock) { checker, transaction in
            let names = [
                ClockRow.seen, ClockRow.overruled, ClockRow.behind, ClockRow.copies, ClockRow.legacyExpiry, ClockRow.backedUp,
                ClockRow.swept,
            ]
            try checker.rows(Tables.clock, in: transaction) { name, _ in
                checker.require(names.contains(name), Tables.clock, "there is a moment that nothing asks for", .impossible)
            }
        },
    ]
}
