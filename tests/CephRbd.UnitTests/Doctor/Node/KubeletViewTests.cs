using CephRbd.Driver.Doctor.Node;

namespace CephRbd.UnitTests.Doctor.Node;

public sealed class KubeletViewTests : IDisposable
{
    private readonly FakeNode _node = new();

    [Fact]
    public void Without_flags_kubelets_own_defaults_hold()
    {
        KubeletView kubelet = Running();
        Assert.Equal(
            ("/usr/libexec/kubernetes/kubelet-plugins/volume/exec", null, true, "/etc/kubernetes/kubelet.conf"),
            (kubelet.PluginFolder, kubelet.RuntimeEndpoint, kubelet.ControllerAttaches, kubelet.KubeConfig));
    }

    [Theory]
    [InlineData("--volume-plugin-dir=/a")]
    [InlineData("--volume-plugin-dir", "/a")]
    [InlineData("--volume_plugin_dir=/a")]
    [InlineData("--volume-plugin-dir=/b", "--volume-plugin-dir=/a")]
    [InlineData("--v=2", "--volume-plugin-dir=/a", "--config=/none")]
    public void The_plugin_folder_is_the_last_flags(params string[] flags) => Assert.Equal("/a", Running(flags).PluginFolder);

    [Theory]
    [InlineData(true)]
    [InlineData(false, "--enable-controller-attach-detach=false")]
    [InlineData(true, "--enable-controller-attach-detach", "false")]
    [InlineData(true, "--enable-controller-attach-detach=false", "--enable-controller-attach-detach")]
    [InlineData(false, "--enable-controller-attach-detach=False")]
    public void A_switch_takes_no_value_behind_a_blank(bool controller, params string[] flags) =>
        Assert.Equal(controller, Running(flags).ControllerAttaches);

    [Theory]
    [InlineData("kind: KubeletConfiguration\nvolumePluginDir: /a\n")]
    [InlineData("volumePluginDir: \"/a\" # moved\n")]
    [InlineData("volumePluginDir: '/a'\r\n")]
    [InlineData("# volumePluginDir: /c\nvolumePluginDir: /a # moved\nother:\n  volumePluginDir: /b\n")]
    [InlineData("{\"kind\": \"KubeletConfiguration\", \"volumePluginDir\": \"/a\", \"x\": 1}")]
    [InlineData("{\n  \"volumePluginDir\" : \"/a\"\n}\n")]
    public void The_config_file_tells_it_in_yaml_or_json(string text)
    {
        _node.With("/var/lib/kubelet/config.yaml", text);
        Assert.Equal("/a", Running("--config=/var/lib/kubelet/config.yaml").PluginFolder);
        Assert.Equal("/z", Running("--config=/var/lib/kubelet/config.yaml", "--volume-plugin-dir=/z").PluginFolder);
    }

    [Theory]
    [InlineData("volumePluginDir:\n")]
    [InlineData("volumePluginDir: \"\"\n")]
    [InlineData("volumePluginDir: # none\n")]
    [InlineData("  volumePluginDir: /a\n")]
    [InlineData("volumePluginDirs: /a\n")]
    public void What_the_config_leaves_empty_is_the_default(string text)
    {
        _node.With("/c", text);
        Assert.Equal(KubeletView.DefaultPluginFolder, Running("--config", "/c").PluginFolder);
    }

    [Fact]
    public void Drop_ins_win_over_the_config_in_their_order()
    {
        _node.With("/c", "volumePluginDir: /a\nenableControllerAttachDetach: false\ncontainerRuntimeEndpoint: unix:///run/x.sock\n")
            .With("/d/10-a.conf", "volumePluginDir: /b\n").With("/d/20-b.conf", "volumePluginDir: /c\n").With("/d/30-c.txt", "volumePluginDir: /no\n");
        KubeletView kubelet = Running("--config=/c", "--config-dir=/d");
        Assert.Equal(("/c", false, "unix:///run/x.sock"), (kubelet.PluginFolder, kubelet.ControllerAttaches, kubelet.RuntimeEndpoint));
    }

    [Fact]
    public void A_kubelet_is_found_by_its_program_also_in_hyperkube_and_dead_ones_are_not()
    {
        _node.WithProcess(10, 5, 'Z', "/usr/bin/kubelet", "--volume-plugin-dir=/dead")
            .WithProcess(11, 7, 'S', "/bin/sh", "kubelet")
            .WithProcess(12, 9, 'S', "/hyperkube", "kubelet", "--volume-plugin-dir=/a")
            .WithProcess(13, 11, 'S', "/usr/bin/kubelet", "--volume-plugin-dir=/younger");
        KubeletView? kubelet = _node.View().Kubelet;
        Assert.Equal((12, "/a"), (kubelet?.Process.Pid, kubelet?.PluginFolder));
    }

    [Fact]
    public void A_process_that_ended_meanwhile_and_the_kernels_threads_are_passed_over()
    {
        _node.WithFolder("/proc/20").WithProcess(21, 1, 'S').With("/proc/22/stat", "nonsense").With("/proc/22/cmdline", "kubelet\0");
        Assert.Null(_node.View().Kubelet);
        Assert.False(_node.View().HasKubelet);
    }

    [Fact]
    public void A_unit_alone_is_a_kubelet_that_does_not_run()
    {
        _node.With("/lib/systemd/system/kubelet.service", "");
        Assert.True(_node.View().HasKubelet);
        Assert.Null(_node.View().Kubelet);
    }

    [Theory]
    [InlineData("3.42 1.00", 'S', "pid 10, up 3 s")]
    [InlineData("7200.9 1.00", 'T', "pid 10, stopped by a signal, up 2 h")]
    [InlineData("864000 0", 'D', "pid 10, waiting in the kernel, up 10 d")]
    [InlineData("600 0", 'S', "pid 10, up 10 min")]
    public void A_process_is_told_with_its_age(string uptime, char state, string described) =>
        Assert.Equal(described, _node.With("/proc/uptime", uptime + "\n").WithProcess(10, 5, state, "/usr/bin/kubelet").View().Kubelet?.Process.Described);

    public void Dispose() => _node.Dispose();

    private KubeletView Running(params string[] flags) =>
        _node.WithProcess(10, 5, 'S', ["/usr/bin/kubelet", .. flags]).View().Kubelet ?? throw new InvalidOperationException("no kubelet is seen");
}
