use firstlight_benches::contest::Contest;
use firstlight_benches::http::{Peer, Probe, equal_servers};

use crate::table::{Target, begin, print};

/// All questions about `firstlight-http`, within the process.
pub(crate) fn ratios(smoke: bool) {
    let (rounds, n) = if smoke { (2, 10) } else { (31, 5_000) };
    begin();
    for probe in Probe::ALL {
        let mut servers = equal_servers(probe).into_iter();
        let (_, mut ours) = servers.next().expect("ours");
        let mut contest = Contest::new(move || ours.answers(probe, n));
        for (peer, mut server) in servers {
            contest = contest.against(peer.title(), move || server.answers(probe, n));
        }
        print(probe.title(), n, &contest.run(rounds), &targets(probe));
    }
}

fn targets(probe: Probe) -> Vec<Target> {
    match probe {
        Probe::Ready => vec![(Peer::ConstantWithHeaders.title(), 1.5)],
        Probe::NotReady | Probe::Verbose => vec![(Peer::Board.title(), 0.5)],
        Probe::Gate => vec![(Peer::Board.title(), 1.0)],
        Probe::Json => vec![(Peer::SerdeJson.title(), 0.5)],
        Probe::ReadyFrom => Vec::new(),
    }
}
