@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("The denial log")
struct DenialLogTests {
    private let start = ManualClock.start

    private func subject(_ number: Int, _ action: AuditRecord.Action = .apiKeyDenied) -> DenialLog.Subject {
        .init(source: "192.0.2.\(number)", action: action, reason: "unknown", subject: nil, organisation: nil)
    }

    @Test("folds what is the same into one summary with its first and last moment")
    func folds() {
        let log = DenialLog()
        for second in 0..<10 as Range<Int64> { log.note(subject(1), at: start.adding(seconds: second)) }
        log.note(subject(2), at: start.adding(seconds: 3))
        #expect(log.take(at: start.adding(seconds: 59), all: false).isEmpty)
        let due = log.take(at: start.adding(seconds: 60), all: false)
        #expect(due.map(\.count) == [10])
        #expect(due.first?.first == start)
        #expect(due.first?.last == start.adding(seconds: 9))
        #expect(log.take(at: start.adding(seconds: 63), all: false).map(\.subject) == [subject(2)])
        #expect(log.take(at: start.adding(seconds: 3600), all: true).isEmpty)
    }

    @Test("gives everything, the oldest first, when the process ends")
    func all() {
        let log = DenialLog()
        for number in 0..<5 { log.note(subject(number), at: start.adding(seconds: Int64(number))) }
        #expect(log.take(at: start, all: true).map(\.subject) == (0..<5).map { subject($0) })
    }

    @Test("keeps apart what differs in source, action, reason, subject or organisation")
    func distinct() {
        let log = DenialLog()
        let subjects: [DenialLog.Subject] = [
            .init(source: nil, action: .apiKeyDenied, reason: "a", subject: nil, organisation: nil),
            .init(source: "1", action: .apiKeyDenied, reason: "a", subject: nil, organisation: nil),
            .init(source: nil, action: .scopeDenied, reason: "a", subject: nil, organisation: nil),
            .init(source: nil, action: .apiKeyDenied, reason: "b", subject: nil, organisation: nil),
            .init(source: nil, action: .apiKeyDenied, reason: "a", subject: "s", organisation: nil),
            .init(source: nil, action: .apiKeyDenied, reason: "a", subject: nil, organisation: "o"),
        ]
        for subject in subjects { log.note(subject, at: start) }
        #expect(log.take(at: start, all: true).count == subjects.count)
    }

    @Test("of one organisation, however many, crowd out nothing of another's")
    func crowding() {
        let log = DenialLog()
        let theirs = DenialLog.Subject(source: "1", action: .scopeDenied, reason: "a", subject: "s", organisation: "theirs")
        for number in 0..<5000 {
            log.note(.init(source: "2", action: .scopeDenied, reason: "\(number)", subject: "t", organisation: "ours"), at: start)
            log.note(subject(number), at: start)
        }
        log.note(theirs, at: start)
        let taken = log.take(at: start, all: true)
        #expect(taken.contains { $0.subject == theirs && $0.count == 1 })
        let rest = taken.filter { $0.subject.organisation == "ours" && $0.subject.subject == nil }
        #expect(rest.map(\.count) == [5000 - 256])
    }

    @Test("of many organisations are bounded all together, and what is beyond keeps its organisation")
    func manyOrganisations() {
        let log = DenialLog()
        for organisation in 0..<40 {
            for number in 0..<256 {
                log.note(
                    .init(source: nil, action: .scopeDenied, reason: "\(number)", subject: "s", organisation: "o\(organisation)"), at: start
                )
            }
        }
        let taken = log.take(at: start, all: true)
        #expect(taken.count <= DenialLog.most + 40)
        #expect(taken.reduce(0) { $0 + $1.count } == 40 * 256)
        for organisation in 0..<40 {
            #expect(taken.filter { $0.subject.organisation == "o\(organisation)" }.reduce(0) { $0 + $1.count } == 256)
        }
    }

    @Test("that could not be written find their place again, or their organisation's heading")
    func givenBackWhenFull() {
        let log = DenialLog()
        for number in 0..<256 { log.note(subject(number), at: start) }
        let taken = log.take(at: start, all: true)
        for number in 256..<512 { log.note(subject(number), at: start) }
        log.giveBack(taken)
        #expect(log.take(at: start, all: true).reduce(0) { $0 + $1.count } == 512)
    }

    @Test("keeps 256 apart and counts the rest under one heading, so that none is lost")
    func bound() {
        let log = DenialLog()
        for number in 0..<5000 { log.note(subject(number), at: start) }
        let taken = log.take(at: start, all: true)
        #expect(taken.count == 257)
        #expect(taken.reduce(0) { $0 + $1.count } == 5000)
        let rest = taken.filter { $0.subject.source == nil }
        #expect(rest.map(\.count) == [5000 - 256])
        #expect(rest.first?.subject.organisation == nil)
        #expect(rest.first?.subject.action == .apiKeyDenied)
    }

    @Test("still counts those it knows when it is full")
    func full() {
        let log = DenialLog()
        for number in 0..<2000 { log.note(subject(number), at: start) }
        log.note(subject(5), at: start)
        #expect(log.take(at: start, all: true).first { $0.subject == subject(5) }?.count == 2)
    }

    @Test("adds what could not be written to what came since")
    func givenBack() {
        let log = DenialLog()
        log.note(subject(1), at: start)
        log.note(subject(2), at: start)
        let taken = log.take(at: start.adding(seconds: 60), all: false)
        log.note(subject(1), at: start.adding(seconds: 61))
        log.giveBack(taken)
        let again = log.take(at: start.adding(seconds: 62), all: false)
        #expect(again.map(\.count).sorted() == [1, 2])
        let one = again.first { $0.subject == subject(1) }
        #expect(one?.first == start)
        #expect(one?.last == start.adding(seconds: 61))
    }

    @Test("does not wait for ever when the clock went back")
    func clockBack() {
        let log = DenialLog()
        log.note(subject(1), at: start)
        #expect(log.take(at: start.adding(seconds: -1), all: false).count == 1)
    }
}
