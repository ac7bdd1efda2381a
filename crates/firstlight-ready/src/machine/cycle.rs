use crate::machine::Machine;
use crate::name::Name;
use crate::spec::Kind;

impl Machine {
    /// A circle of gates that wait for each other, by dependencies and by stages.
    ///
    /// A stage is a node of its own: it waits for its required gates and for the stage before, and the gates of the next
    /// wait for it.
    pub(super) fn find_cycle(&self, waits_for: &[Vec<u32>]) -> Option<Vec<Name>> {
        let gates = self.slots.len();
        let next = |node: usize| -> Vec<usize> {
            if node < gates {
                let stage = self.slots[node].rules.stage.map_or(0, usize::from);
                let before = (stage > 0).then(|| gates + stage - 1);
                return waits_for[node].iter().map(|id| *id as usize).chain(before).collect();
            }
            let stage = node - gates;
            let required = self.stages.gates[stage].iter().map(|id| *id as usize);
            let required = required.filter(|id| self.slots[*id].rules.kind != Kind::Optional);
            required.chain((stage > 0).then(|| node - 1)).collect()
        };
        let name = |node: &usize| match node.checked_sub(gates) {
            None => self.slots[*node].name.clone(),
            Some(stage) => {
                let stage = &self.settings.stages[stage];
                Name::new(&format!("stage:{stage}")).unwrap_or_else(|_| stage.clone())
            }
        };
        // By hand and not by recursion: a chain of ten thousand gates must not exhaust the stack.
        let nodes = gates + self.settings.stages.len();
        let (mut seen, mut on_path) = (vec![false; nodes], vec![false; nodes]);
        let (mut path, mut ahead) = (Vec::new(), Vec::new());
        for start in 0..gates {
            ahead.push((start, 0));
            while let Some((node, depth)) = ahead.pop() {
                for left in path.drain(depth..) {
                    on_path[left] = false;
                }
                if on_path[node] {
                    let from = path.iter().position(|at| *at == node).unwrap_or_default();
                    return Some(path[from..].iter().chain([&node]).map(name).collect());
                }
                if !std::mem::replace(&mut seen[node], true) {
                    path.push(node);
                    on_path[node] = true;
                    ahead.extend(next(node).into_iter().map(|to| (to, depth + 1)));
                }
            }
        }
        None
    }
}
