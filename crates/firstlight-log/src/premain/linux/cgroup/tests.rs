use proptest::prelude::*;

use super::super::reader::LIMIT;
use super::*;

/// Directories, and no files.
struct Dirs(&'static [&'static str]);

impl Source for Dirs {
    fn read(&self, _: &str, _: &mut [u8; LIMIT]) -> Option<usize> {
        None
    }

    fn has_dir(&self, path: &str) -> bool {
        self.0.contains(&path)
    }
}

const V2: Dirs = Dirs(&["/sys/fs/cgroup", "/sys/fs/cgroup/system.slice/a:b.service"]);
const V1: Dirs = Dirs(&[
    "/sys/fs/cgroup",
    "/sys/fs/cgroup/cpu",
    "/sys/fs/cgroup/cpu/docker/7f",
    "/sys/fs/cgroup/memory",
    "/sys/fs/cgroup/unified",
]);

#[track_caller]
fn found(text: &str, dirs: &Dirs, [unified, cpu, memory]: [Option<&str>; 3]) {
    let owned = |dir: Option<&str>| dir.map(|dir| format!("/sys/fs/cgroup{dir}"));
    let expected =
        Cgroups { unified: owned(unified), cpu_v1: owned(cpu), memory_v1: owned(memory) };
    assert_eq!(Cgroups::find(text, dirs), expected, "{text:?}");
}

#[test]
fn version_2_is_one_directory() {
    found("0::/\n", &V2, [Some(""), None, None]);
    found("0::/system.slice/a:b.service\n", &V2, [Some("/system.slice/a:b.service"), None, None]);
    // A container that sees the host's path, but has its own group at the root.
    found("0::/kubepods.slice/cri-containerd-7f.scope\n", &V2, [Some(""), None, None]);
}

#[test]
fn version_1_is_one_directory_for_each_controller() {
    let text =
        "5:cpuset:/x\n4:cpu,cpuacct:/docker/7f\n3:memory:/docker/7f\n1:name=systemd:/\n0::/\n";
    found(text, &V1, [Some("/unified"), Some("/cpu/docker/7f"), Some("/memory")]);
    found("4:cpuacct,cpu:/\n", &V1, [None, Some("/cpu"), None]);
    found("3:cpuacct:/\n2:cpuset:/\n", &V1, [None, None, None]);
}

#[test]
fn nothing_is_taken_for_the_own_group_that_is_not() {
    for text in [
        "",
        "\n\n",
        "0::",
        "0::relative",
        "0::/../other",
        "0::/..",
        "0::/a/../../../../etc",
        "0::/a (deleted)",
        "0:/",
        "no line",
        "4:cpu:/../7f\n3:memory:/..\n",
    ] {
        found(text, &V2, [None; 3]);
        found(text, &V1, [None; 3]);
    }
}

proptest! {
    #[test]
    fn no_text_leads_out_of_the_mount(text in "([0-9]{0,2}:(cpu|memory|,|name=x)*:(/|\\.\\.|[a-z]|\u{0}|ü){0,8}\n?){0,5}") {
        struct Anything;
        impl Source for Anything {
            fn read(&self, _: &str, _: &mut [u8; LIMIT]) -> Option<usize> {
                None
            }

            fn has_dir(&self, _: &str) -> bool {
                true
            }
        }
        let groups = Cgroups::find(&text, &Anything);
        for dir in [groups.unified, groups.cpu_v1, groups.memory_v1].into_iter().flatten() {
            prop_assert!(dir.starts_with(MOUNT), "{dir}");
            prop_assert!(!dir.split('/').any(|name| name == ".."), "{dir}");
        }
    }
}
